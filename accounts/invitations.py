"""Invite people to have an account, and make it when they come."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AccountEvent, AccountInvitation, Role
from accounts.rights import RIGHTS, may_give, role_on_site
from accounts.roles import AccountError, give_role
from lib.text.translated import mark_of

DAYS = 7
MOST_DAYS = 90

# Sent in the transaction of the acceptance, with invitation and user; a receiver may refuse by InvitationRefusedError.
invitation_accepted = Signal()


class InvitationRefusedError(Exception):
    """The link makes no account; the message is for the person who opened it."""


def digest_of(token: str) -> str:
    # A slow hash protects passwords that can be guessed; 256 random bits cannot.
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(by: User | None, role: str, *, email: str = "", days: int = DAYS) -> tuple[AccountInvitation, str]:
    """Make an invitation; returns it and its token, which is stored nowhere.

    Args:
        by: None for a command on the server.

    Raises:
        AccountError: The role is not theirs to give, or the time is none.
    """
    if role not in Role.values:
        raise AccountError(f"{role!r} is no role. Known: {', '.join(Role.values)}.")
    if by is not None and not may_give(by, role):
        text = _("Your account may not give the role %(role)s. Ask an administrator.")
        raise AccountError(text % {"role": Role(role).label})
    if not 1 <= days <= MOST_DAYS:
        raise AccountError(f"The invitation is to hold for {days} days; expected 1 to {MOST_DAYS}.")
    token = secrets.token_urlsafe(32)
    invitation = AccountInvitation.objects.create(
        digest=digest_of(token),
        email=email,
        role=role,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record(by, AccountEvent.Action.INVITED, after=role)
    return invitation, token


@transaction.atomic
def revoke(invitation: AccountInvitation, by: User) -> bool:
    """End an invitation; return False if it was accepted or revoked before."""
    revoked = AccountInvitation.objects.unanswered().filter(pk=invitation.pk).update(revoked_at=timezone.now())
    if revoked:
        audit.record(by, AccountEvent.Action.REVOKED, before=invitation.role)
    return bool(revoked)


def find_invitation(digest: str) -> AccountInvitation | None:
    return AccountInvitation.objects.select_related("created_by__account").filter(digest=digest).first()


def check_open(invitation: AccountInvitation | None) -> None:
    """Raise InvitationRefusedError if nobody can accept this invitation now; None stands for an unknown link."""
    again = _("Ask the person who sent it for a new one.")
    if invitation is None:
        raise InvitationRefusedError(
            _("This invitation is not valid. Perhaps the link was cut off.") + mark_of(" ") + again
        )
    if invitation.accepted_at is not None:
        raise InvitationRefusedError(_("This invitation has been used. If it was you, log in with your account."))
    if invitation.revoked_at is not None:
        raise InvitationRefusedError(_("This invitation was revoked.") + mark_of(" ") + again)
    if invitation.expires_at <= timezone.now():
        raise InvitationRefusedError(_("This invitation has expired.") + mark_of(" ") + again)
    if invitation.created_by is not None and not may_give(invitation.created_by, invitation.role):
        raise InvitationRefusedError(_("Who sent this invitation may no longer invite. Ask an administrator."))


@transaction.atomic
def accept(invitation: AccountInvitation, account: Callable[[], User]) -> User:
    """Use the invitation up for an account, which is new or has come by this link.

    Args:
        account: Makes or returns the account; called once the invitation is held.

    Raises:
        InvitationRefusedError: It is no longer open, or was used a moment ago.
    """
    check_open(invitation)
    now = timezone.now()
    held = AccountInvitation.objects.open(now).filter(pk=invitation.pk)
    if not held.update(accepted_at=now):
        raise InvitationRefusedError(_("This invitation has been used. If it was you, log in with your account."))
    user = account()
    AccountInvitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    raise_role(user, invitation.role)
    invitation_accepted.send(sender=AccountInvitation, invitation=invitation, user=user)
    audit.record(user, AccountEvent.Action.JOINED, user.get_username(), after=invitation.role)
    return user


def raise_role(user: User, role: str) -> None:
    """Give an account the role if it has fewer rights; nobody loses any by an invitation."""
    order = list(RIGHTS)
    if order.index(Role(role)) > order.index(role_on_site(user)):
        give_role(user, role)
