import pytest
from django.urls import reverse

from annotations.models import Membership
from annotations.people.members import MemberError, add_member, remove_member
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = make_study()
    Membership.objects.create(study=study, user=UserFactory(username="ada"), role="owner")
    return study


def test_somebody_is_added_promoted_and_removed(study):
    UserFactory(username="bo")
    add_member(study, "bo", "researcher", None)
    bo = add_member(study, " bo ", "owner", None)
    assert study.memberships.get(user__username="bo").role == "owner"
    remove_member(bo, None)
    trail = [(e.subject, e.before, e.after) for e in study.audit_entries.order_by("pk")]
    assert trail == [("bo", None, "researcher"), ("bo", "researcher", "owner"), ("bo", "owner", None)]


def test_a_study_keeps_an_owner(study):
    with pytest.raises(MemberError, match="only owner"):
        remove_member(study.memberships.get(), None)
    with pytest.raises(MemberError, match="only owner"):
        add_member(study, "ada", "researcher", None)
    assert study.memberships.get().role == "owner"
    assert not study.audit_entries.exists()


def test_who_has_no_account_cannot_be_added(study):
    with pytest.raises(MemberError, match="no account 'nobody'"):
        add_member(study, "nobody", "researcher", None)


@pytest.mark.parametrize(
    ("change", "role", "leads_to", "said"),
    [("remove", None, "/studies/", "no longer a member"), ("add", "researcher", "/studies/{}/", "now a researcher")],
)
def test_who_gives_up_ownership_is_led_to_what_is_still_theirs(client, study, change, role, leads_to, said):
    Membership.objects.create(study=study, user=UserFactory(username="bo"), role="owner")
    ada = study.memberships.get(user__username="ada")
    client.force_login(ada.user)
    addresses = {
        "remove": reverse("remove-member", args=[study.slug, ada.pk]),
        "add": reverse("add-member", args=[study.slug]),
    }
    page = client.post(addresses[change], {"username": "ada", "role": "researcher"}, follow=True)
    assert page.redirect_chain == [(leads_to.format(study.slug), 302)]
    assert f"You are {said} of the study {study.slug}." in page.content.decode()
    assert study.memberships.filter(user=ada.user).values_list("role", flat=True).first() == role
