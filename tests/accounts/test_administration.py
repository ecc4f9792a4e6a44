"""What administrators do with accounts, and what they cannot."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent
from accounts.rights import role_on_site
from accounts.roles import AccountError, change_role, deactivate
from annotations.models import Membership
from api.tokens import find_token, make_token
from tests.accounts.helpers import NEW, PASSWORD, account, browser_of
from tests.factories import make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return account("administrator", username="root")


@pytest.fixture
def maya():
    return account("researcher", username="maya")


def post(by, name, user, **data):
    return browser_of(by).post(reverse(name, args=[user.pk]), data, follow=True)


def role_of(user):
    return role_on_site(User.objects.get(pk=user.pk))


@pytest.mark.once
def test_the_list_shows_role_studies_and_last_login(root, maya, django_assert_max_num_queries):
    Membership.objects.create(study=make_study(systems=2, documents=1, slug="cafe"), user=maya, role="owner")
    for _ in range(5):
        account()
    client = browser_of(root)
    with django_assert_max_num_queries(8):
        page = client.get("/accounts/").content.decode()
    for text in ("maya", "Researcher", "/studies/cafe/", "never"):
        assert text in page
    assert "root" not in client.get("/accounts/?find=MAY").content.decode().partition("<tbody>")[2]


@pytest.mark.parametrize("role", ["administrator", "lead", "member"])
def test_a_role_is_changed_and_recorded(root, maya, role):
    post(root, "change-role", maya, role=role)
    assert role_of(maya) == role
    event = AccountEvent.objects.first()
    assert (event.actor, event.action, event.subject, event.before, event.after) == (
        "root",
        "role",
        "maya",
        "researcher",
        role,
    )


def test_a_former_administrator_keeps_no_flag(root, maya):
    for role in ("administrator", "member"):
        post(root, "change-role", maya, role=role)
    stored = User.objects.get(pk=maya.pk)
    assert (stored.is_superuser, stored.is_staff, role_on_site(stored)) == (False, False, "member")
    assert browser_of(maya).get("/admin/").status_code == 302


def test_the_last_administrator_is_neither_demoted_nor_deactivated(root):
    page = post(root, "change-role", root, role="member").content.decode()
    assert "the only active administrator" in page
    assert "your own account" in post(root, "change-activity", root, change="deactivate").content.decode()
    assert role_of(root) == "administrator"


def test_who_gives_the_role_up_is_led_to_their_account(root):
    account("administrator")
    answer = post(root, "change-role", root, role="member")
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/account/")


def test_who_is_deactivated_is_out_at_once_and_can_come_back(root, maya):
    client, (_, token) = browser_of(maya), make_token(maya, "notebook", "read")
    post(root, "change-activity", maya, change="deactivate")
    assert client.get("/account/").status_code == 302
    assert find_token(token) is None
    assert Client().post("/login/", {"username": "maya", "password": PASSWORD}).status_code == 200
    post(root, "change-activity", maya, change="reactivate")
    assert client.get("/account/").status_code == 302  # the old session stays ended
    assert Client().post("/login/", {"username": "maya", "password": PASSWORD}).status_code == 302
    assert role_of(maya) == "researcher"


def test_a_link_for_a_new_password_is_shown_once(root, maya):
    page = post(root, "reset-link", maya).content.decode()
    path = page.partition("http://testserver")[2].partition('"')[0]
    client = Client()
    at = client.get(path, follow=True).request["PATH_INFO"]
    client.post(at, {"new_password1": NEW, "new_password2": NEW})
    assert Client().post("/login/", {"username": "maya", "password": NEW}).status_code == 302
    token = path.strip("/").split("/")[-1]
    assert token not in browser_of(root).get(f"/accounts/{maya.pk}/").content.decode()
    assert token not in str(list(AccountEvent.objects.values()))


@pytest.mark.once
def test_nobody_gets_a_link_for_a_deactivated_account(root, maya):
    post(root, "change-activity", maya, change="deactivate")
    page = post(root, "reset-link", maya).content.decode()
    assert "Reactivate the account first" in page
    assert "/password/new/" not in page


@pytest.mark.once
def test_an_unknown_role_changes_nothing(root, maya):
    post(root, "change-role", maya, role="boss")
    assert role_of(maya) == "researcher"


@pytest.mark.once
@pytest.mark.parametrize("role", ["member", "researcher", "lead"])
def test_nobody_else_reaches_these_pages(maya, role):
    client = browser_of(account(role))
    for name in ("one-account", "change-role", "change-activity", "reset-link"):
        method = client.get if name == "one-account" else client.post
        assert method(reverse(name, args=[maya.pk]), {"role": "administrator"}).status_code == 403
    assert role_of(maya) == "researcher"


@pytest.mark.once
def test_the_history_names_no_mail_address(root):
    terms = {"role": "member", "study_role": "researcher", "days": "7", "email": "maya@example.org"}
    browser_of(root).post("/accounts/invite", terms)
    assert "invited somebody" in browser_of(root).get("/accounts/history/").content.decode()
    assert "maya@example.org" not in str(list(AccountEvent.objects.values()))


@pytest.mark.once
def test_the_admin_site_shows_records_and_no_secret(root, maya):
    _, token = make_token(maya, "notebook", "read")
    client = browser_of(root)
    hashed = User.objects.get(pk=maya.pk).password
    for address in (f"auth/user/{maya.pk}/change/", "auth/user/", "accounts/accountevent/", "api/apitoken/"):
        page = client.get(f"/admin/{address}")
        assert page.status_code == 200, address
        assert hashed not in page.content.decode()
        assert hashed[-8:] not in page.content.decode()
        assert token[3:15] not in page.content.decode()
    for address in ("auth/user/add/", "accounts/accountinvitation/add/", f"auth/user/{maya.pk}/delete/"):
        assert client.get(f"/admin/{address}").status_code == 403


@pytest.mark.once
def test_the_admin_site_changes_no_role(root, maya):
    form = {"is_superuser": "on", "is_active": "", "username": "other", "is_staff": "on"}
    browser_of(root).post(f"/admin/auth/user/{maya.pk}/change/", form)
    stored = User.objects.get(pk=maya.pk)
    assert (stored.username, stored.is_superuser, stored.is_active, stored.is_staff) == ("maya", False, True, True)
    # Not even by somebody to whom the permission was given.
    stored.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    browser_of(stored).post(f"/admin/auth/user/{root.pk}/change/", {"is_staff": ""})
    assert User.objects.get(pk=root.pk).is_staff


def test_a_former_administrator_changes_nothing_in_a_request_that_began_before(root, maya):
    former = account("administrator")
    change_role(former, "lead", root)
    for change in (lambda: change_role(maya, "administrator", former), lambda: deactivate(maya, former)):
        with pytest.raises(AccountError, match="no longer"):
            change()
    assert role_of(maya) == "researcher"


@pytest.mark.once
def test_nobody_is_invited_who_has_an_account(root):
    account(email="maya@example.org", username="maya")
    terms = {"role": "member", "study_role": "researcher", "days": "7", "email": "Maya@example.org"}
    answer = browser_of(root).post("/accounts/invite", terms)
    assert (answer.status_code, "The account maya has this address" in answer.content.decode()) == (400, True)


# Django's own forms take up to 320 characters.
LONG = f"{'m' * 60}@{'.'.join(['d' * 50] * 4)}.org"


def test_a_mail_address_that_no_row_holds_is_refused(root):
    study, client = make_study(systems=2, documents=1), browser_of(root)
    invitation = {"email": LONG, "role": "member", "study_role": "researcher", "days": "7"}
    for path, data in (
        ("/accounts/invite", invitation),
        ("/account/", {"email": LONG, "password": PASSWORD}),
        (reverse("invite-member", args=[study.slug]), {"email": LONG, "role": "researcher"}),
    ):
        assert client.post(path, data).status_code == 400, path


def test_a_name_that_no_row_holds_cannot_log_in_and_is_locked(settings):
    settings.AXES_FAILURE_LIMIT = 3
    answers = [Client().post("/login/", {"username": "m" * 400, "password": NEW}).status_code for _ in range(4)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert len(AccessAttempt.objects.get().username) == 255
