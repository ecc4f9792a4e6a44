"""Attacks on what must never be false of accounts; each goes past the services, straight to the tables."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Account, AccountEvent, AccountInvitation
from accounts.roles import AccountError, change_role, deactivate
from annotations.models import InvitedMember
from tests.accounts.helpers import account, at_once
from tests.factories import make_study

pytestmark = pytest.mark.django_db


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


def invitation(**values):
    until = timezone.now() + timedelta(days=1)
    return AccountInvitation.objects.create(**({"digest": "d", "role": "member", "expires_at": until} | values))


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_the_last_active_administrator_stays_one(change):
    only, gone = account("administrator"), account("administrator")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    refused(lambda: User.objects.filter(pk=only.pk).update(**change))
    refused(lambda: User.objects.filter(is_superuser=True).update(**change))
    User.objects.filter(pk=gone.pk).update(is_active=True)
    refused(lambda: User.objects.filter(is_superuser=True).update(**change))
    assert User.objects.filter(pk=only.pk).update(**change) == 1


def test_a_role_is_a_known_one_and_an_administrators_is_not_stored():
    user = account()
    for role in ("boss", "administrator"):
        refused(lambda role=role: Account.objects.filter(user=user).update(role=role))
    refused(lambda: Account.objects.create(user=user))


def test_an_invitation_is_accepted_once_or_revoked():
    now, other = timezone.now(), timezone.now() - timedelta(hours=1)
    accepted = invitation(accepted_at=now)
    revoked = invitation(digest="e", revoked_at=now)
    for row in (accepted, revoked):
        one = AccountInvitation.objects.filter(pk=row.pk)
        refused(lambda one=one: one.update(accepted_at=other, revoked_at=None))
        refused(lambda one=one: one.update(accepted_at=None, revoked_at=other))
        refused(lambda one=one: one.update(accepted_at=now, revoked_at=now))
    refused(lambda: invitation(digest="f", accepted_by=account()))
    refused(lambda: invitation(digest="g", role="boss"))
    refused(lambda: invitation())


def test_the_trail_of_accounts_never_changes():
    AccountEvent.objects.create(actor="a", action="role")
    refused(lambda: AccountEvent.objects.update(actor="b"))


def test_an_invited_member_has_a_role_of_members():
    study, row = make_study(systems=2, documents=1), invitation()
    refused(lambda: InvitedMember.objects.create(study=study, invitation=row, role="lead"))
    InvitedMember.objects.create(study=study, invitation=row, role="owner")
    refused(lambda: InvitedMember.objects.create(study=study, invitation=row, role="researcher"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [lambda user, by: change_role(user, "member", by), deactivate])
def test_two_administrators_who_remove_each_other_at_once_do_not_both_succeed(change):
    one, other = account("administrator"), account("administrator")
    got = at_once(lambda: change(other, one), lambda: change(one, other))
    assert sorted(type(result) for result in got if result is not None) == [AccountError]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nor_do_they_past_the_services():
    """On PostgreSQL each transaction sees the other administrator still there, unless one waits for the other."""
    one, other = account("administrator"), account("administrator")

    def demote(user):
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(is_superuser=False)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)" if connection.vendor == "postgresql" else "SELECT 1")

    got = at_once(lambda: demote(one), lambda: demote(other))
    assert [type(result) for result in got if result is not None] == [IntegrityError]
    assert User.objects.filter(is_superuser=True).count() == 1
