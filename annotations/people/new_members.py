"""Members of a study who have no account yet: an invitation to have one carries their role in the study."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.invitations import DAYS, InvitationRefusedError, invite
from accounts.models import AccountInvitation, Role
from accounts.rights import rights_of
from annotations.models import AuditEntry, InvitedMember, Membership, Study
from annotations.studies import audit

# Of a form that was sent twice.
INVITED_BEFORE = gettext_lazy(
    "This form was sent before: the invitation was made then, and its link was shown once or sent by mail. Revoke it "
    "and make a new one if the link is lost."
)


@transaction.atomic
def invite_member(
    study: Study, role: str, by: User | None, *, site_role: str = Role.MEMBER, email: str = "", days: int = DAYS
) -> tuple[AccountInvitation, str]:
    """Invite somebody to have an account with a role in the study; returns the invitation and its token.

    Args:
        site_role: Role on the site; owners of studies can give that of a member only.

    Raises:
        AccountError: The role is not theirs to give.
    """
    invitation, token = invite(by, site_role, email=email, days=days)
    InvitedMember.objects.create(invitation=invitation, study=study, role=role)
    # No address here: the trail cannot be erased.
    audit.record(study, by, AuditEntry.Action.MEMBER, "invited somebody without an account", after=role)
    return invitation, token


def invited_members(study: Study) -> QuerySet[InvitedMember]:
    """Select invitations to the study that are neither accepted nor revoked, newest first."""
    unanswered = AccountInvitation.objects.unanswered()
    return study.invited_members.filter(invitation__in=unanswered).select_related("invitation")


def add_invited_member(sender: object, invitation: AccountInvitation, user: User, **kwargs: Any) -> None:
    """Make who accepted the invitation a member; nobody who is one already loses a role by it."""
    invited = InvitedMember.objects.select_related("study").filter(invitation=invitation).first()
    if invited is None:
        return
    by = invitation.created_by
    if by is not None and not _may_add(by, invited.study):
        raise InvitationRefusedError(_("Who sent this invitation no longer owns the study. Ask one of its owners."))
    membership, created = Membership.objects.select_for_update().get_or_create(
        study=invited.study, user=user, defaults={"role": invited.role}
    )
    before = None if created else membership.role
    if before == Membership.Role.OWNER:
        return
    membership.role = invited.role
    membership.save(update_fields=["role"])
    audit.record(invited.study, by, AuditEntry.Action.MEMBER, user.get_username(), before=before, after=membership.role)


def _may_add(user: User, study: Study) -> bool:
    owns = study.memberships.filter(user=user, role=Membership.Role.OWNER).exists()
    return user.is_active and (owns or rights_of(user).every_study)
