import pytest

from annotations.members import MemberError, add_member, remove_member
from annotations.models import Membership
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
