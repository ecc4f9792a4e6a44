"""Change what accounts may do: roles, deactivation. The last active administrator stays one."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Account, AccountEvent, Role
from accounts.rights import role_on_site


class AccountError(ValueError):
    """The change cannot be made; the message says why."""


def ensure_account(sender: type[User], instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    """Give a new user an account row. One made with the staff flag, as scripts have always done, is a lead."""
    if created and not raw:
        Account.objects.get_or_create(user=instance, defaults={"role": Role.LEAD if instance.is_staff else Role.MEMBER})


def give_role(user: User, role: str) -> None:
    """Store a role. Administrators are Django's superusers, and they alone get its admin site with it."""
    if role == Role.ADMINISTRATOR:
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    else:
        if user.is_superuser:
            User.objects.filter(pk=user.pk).update(is_superuser=False, is_staff=False)
        Account.objects.update_or_create(user=user, defaults={"role": role})


@transaction.atomic
def change_role(user: User, role: str, by: User) -> None:
    """Give an account another role. Raises AccountError for the last active administrator, and for who is none."""
    user = _locked(user, by)
    before = role_on_site(user)
    if before == role:
        return
    if before == Role.ADMINISTRATOR:
        _check_not_last(user)
    give_role(user, role)
    audit.record(by, AccountEvent.Action.ROLE, user.get_username(), before=before, after=role)


@transaction.atomic
def deactivate(user: User, by: User) -> None:
    """Close an account: nobody logs in with it, and its sessions, tokens and links for a new password end at once.

    Raises:
        AccountError: It is the last active administrator, or one's own account.
    """
    if user.pk == by.pk:
        raise AccountError(_("This is your own account. Ask another administrator to deactivate it."))
    user = _locked(user, by)
    if not user.is_active:
        return
    if user.is_superuser:
        _check_not_last(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    Account.objects.filter(user=user).update(session_number=F("session_number") + 1)
    audit.record(by, AccountEvent.Action.DEACTIVATED, user.get_username())


@transaction.atomic
def reactivate(user: User, by: User) -> None:
    """Let somebody log in again, with the role they had."""
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        audit.record(by, AccountEvent.Action.REACTIVATED, user.get_username())


def _locked(user: User, by: User) -> User:
    # All administrators, in one order: of two who demote each other at once, the second waits and then sees the first.
    administrators = list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk"))
    if not any(administrator.pk == by.pk and administrator.is_active for administrator in administrators):
        raise AccountError(_("You are no longer an administrator."))
    return User.objects.select_related("account").get(pk=user.pk)


def _check_not_last(user: User) -> None:
    if user.is_active and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        text = _("%(name)s is the only active administrator. Make somebody else an administrator first.")
        raise AccountError(text % {"name": user.get_username()})
