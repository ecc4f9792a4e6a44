"""What each role may do on the site, and who holds a right."""

from dataclasses import asdict

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User

from accounts.migrations import __name__ as migrations
from accounts.models import Account, Role
from accounts.rights import NONE, holders, may_give, rights_of, role_on_site
from annotations.models import Study
from tests.accounts.helpers import account, browser_of
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db

RIGHTS = {
    "member": set(),
    "researcher": {"run_models", "create_studies", "invite_members"},
    "lead": {"run_models", "create_studies", "invite_members", "every_study"},
    "administrator": {"run_models", "create_studies", "invite_members", "every_study", "manage_accounts", "operate"},
}


@pytest.mark.once
@pytest.mark.parametrize("role", Role.values)
def test_a_role_has_the_rights_of_the_table(role):
    rights = asdict(rights_of(account(role)))
    assert {name for name, has in rights.items() if has} == RIGHTS[role]


def test_who_is_deactivated_or_nobody_has_no_right():
    assert rights_of(account("lead", is_active=False)) == NONE
    assert rights_of(AnonymousUser()) == NONE


@pytest.mark.parametrize("right", sorted(RIGHTS["administrator"]))
def test_holders_of_a_right_are_those_whose_role_has_it(right):
    people = {role: account(role) for role in Role.values}
    account("administrator", is_active=False)
    expected = {people[role].pk for role in Role.values if right in RIGHTS[role]}
    assert set(User.objects.filter(holders(right)).values_list("pk", flat=True)) == expected


@pytest.mark.once
def test_the_staff_flag_alone_opens_the_admin_site_and_nothing_else():
    user = account("member")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = browser_of(user)
    assert client.get("/admin/").status_code == 200
    for address in ("/datasets/", "/studies/new/", "/accounts/"):
        assert client.get(address).status_code == 403


def test_accounts_of_before_keep_what_they_could_do():
    staff, administrator, other = UserFactory(is_staff=True), UserFactory(is_superuser=True), UserFactory()
    Account.objects.all().delete()
    module = __import__(f"{migrations}.0002_accounts_of_before", fromlist=["add_accounts"])
    module.add_accounts(apps, None)
    module.add_accounts(apps, None)
    roles = [role_on_site(User.objects.get(pk=user.pk)) for user in (staff, administrator, other)]
    assert roles == [Role.LEAD, Role.ADMINISTRATOR, Role.MEMBER]


@pytest.mark.once
def test_who_may_give_which_role():
    given = {role: [r for r in Role.values if may_give(account(role), r)] for role in Role.values}
    assert given == {"administrator": Role.values, "lead": ["member"], "researcher": ["member"], "member": []}


@pytest.mark.once
def test_a_researcher_sees_their_own_studies_on_the_overview_and_no_other():
    mine, other = make_study(systems=2, documents=1, slug="mine"), make_study(systems=2, documents=1, slug="of-others")
    user = account("researcher")
    mine.memberships.create(user=user, role="owner")
    page = browser_of(user).get("/").content.decode()
    assert "/studies/mine/" in page
    assert other.slug not in page


@pytest.mark.once
def test_a_researcher_owns_the_study_they_create():
    model = make_study(systems=2, documents=2)
    user = account("researcher")
    form = {
        "slug": "own",
        "title": "Own",
        "dataset": model.dataset.name,
        "systems": [s.slug for s in model.systems.all()],
        "instruction": "medium",
        "criteria": ["overall"],
        "quota": 2,
        "sampling": "even",
        "epsilon": "0.1",
        "strength": "off",
        "comments": "optional",
        "break_minutes": 0,
        "summary_format": "rendered",
        "ask_marks": "off",
        "which_documents": "all",
        "which_pairs": "all",
        "seed": 0,
    }
    answer = browser_of(user).post("/studies/new/", form)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Study.objects.get(slug="own").memberships.get().user == user
    assert browser_of(user).get("/studies/own/people/").status_code == 200
