"""Add and remove the members of a study: owners and researchers."""

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import AuditEntry, Membership, Study
from annotations.studies import audit


class MemberError(ValueError):
    """The change cannot be made; the message says why."""


@transaction.atomic
def add_member(study: Study, username: str, role: str, by: User | None) -> Membership:
    """Give an account a role in the study, or change its role.

    Raises:
        MemberError: There is no such account, or the study would be left without an owner.
    """
    user = User.objects.filter(username=username.strip()).first()
    if user is None:
        raise MemberError(f"There is no account {username.strip()!r}. An administrator can create one.")
    former = study.memberships.select_for_update().filter(user=user).first()
    if former is not None and former.role == Membership.Role.OWNER != role:
        _check_not_last_owner(former)
    membership, _ = Membership.objects.update_or_create(study=study, user=user, defaults={"role": role})
    audit.record(
        study, by, AuditEntry.Action.MEMBER, user.get_username(), before=former.role if former else None, after=role
    )
    return membership


@transaction.atomic
def remove_member(membership: Membership, by: User | None) -> None:
    """Remove a member from the study. Raises MemberError for the last owner."""
    if membership.role == Membership.Role.OWNER:
        _check_not_last_owner(membership)
    membership.delete()
    subject = membership.user.get_username()
    audit.record(membership.study, by, AuditEntry.Action.MEMBER, subject, before=membership.role)


def _check_not_last_owner(membership: Membership) -> None:
    # Lock the study: two owners who remove each other at once must not both succeed.
    Study.objects.select_for_update().get(pk=membership.study_id)
    owners = membership.study.memberships.filter(role=Membership.Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise MemberError(f"{membership.user.get_username()} is the only owner. Make somebody else an owner first.")
