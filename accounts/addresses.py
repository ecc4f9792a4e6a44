"""Change the mail address of an account: who reads the new one says so by a link, and the old one is told."""

import logging
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail
from accounts.invitations import digest_of
from accounts.models import AccountEvent, AddressChange
from accounts.models.triggers import ADDRESS_ONCE
from accounts.roles import AccountError
from accounts.throttle import count_attempt
from lib.serving.addresses import site_address
from lib.text.translated import mark_of

logger = logging.getLogger(__name__)
HOURS = 24
# Links that an account can ask for within the time of the login's lock.
MOST_MAILS = 3


class AddressError(AccountError):
    """The address cannot be changed; the message is for the account's owner."""


def change_address(user: User, address: str) -> bool:
    """Change the address at once, or send a link to the new one; return whether it was changed.

    At once where the site sends no mail, and where the address is taken away. What waited before is cancelled.

    Raises:
        AddressError: Another account has the address, there were too many links, or the mail was not sent.
    """
    if not mail.is_wanted(address):
        with transaction.atomic():
            _cancel(user)
            _set(user, address)
        _tell(user, user.email, asked=False)
        return True
    if not count_attempt("address mail", user.pk, MOST_MAILS):
        raise AddressError(_("Too many links were sent. Try again later."))
    token = _ask(user, address)
    _send_link(user, address, token)
    _tell(user, user.email, asked=True)
    return False


@transaction.atomic
def _ask(user: User, address: str) -> str:
    # One at a time: two requests of the same person leave one open change.
    User.objects.select_for_update().get(pk=user.pk)
    _cancel(user)
    token = secrets.token_urlsafe(32)
    until = timezone.now() + timedelta(hours=HOURS)
    AddressChange.objects.create(digest=digest_of(token), user=user, address=address, expires_at=until)
    audit.record(user, AccountEvent.Action.EMAIL_ASKED, user.get_username())
    return token


def _send_link(user: User, address: str, token: str) -> None:
    context: dict[str, object] = {
        "name": user.get_username(),
        "link": site_address(reverse("new-address", args=[token])),
    }
    try:
        mail.send("accounts/mail/new_address.txt", address, _language(user), context)
    except mail.MailError as error:
        cancel_change(user)
        text = _("The mail to %(address)s could not be sent (%(reason)s). The address stays as it was.")
        raise AddressError(text % {"address": address, "reason": error}) from error


def _tell(user: User, old: str, *, asked: bool) -> None:
    """Tell the old address; that a mail server is down must not keep the change."""
    if not mail.is_wanted(old):
        return
    try:
        context: dict[str, object] = {"name": user.get_username(), "asked": asked}
        mail.send("accounts/mail/address_changed.txt", old, _language(user), context)
    except mail.MailError:
        logger.warning("account %s: the old address was not told of a new one", user.pk)


def _language(user: User) -> str:
    account = getattr(user, "account", None)
    return account.language if account else ""


@transaction.atomic
def cancel_change(user: User) -> bool:
    """Cancel the change that waits; return False if none does."""
    if not _cancel(user):
        return False
    audit.record(user, AccountEvent.Action.EMAIL_CANCELLED, user.get_username())
    return True


def _cancel(user: User) -> bool:
    waiting = AddressChange.objects.unanswered().filter(user=user)
    return bool(waiting.update(cancelled_at=timezone.now(), address=""))


def waiting_change(user: User) -> AddressChange | None:
    return AddressChange.objects.open(timezone.now()).filter(user=user).first()


def find_change(digest: str, user: User) -> AddressChange:
    """Return the change of this link that the account can confirm now. Raises AddressError."""
    change = AddressChange.objects.open(timezone.now()).filter(digest=digest, user=user).first()
    if change is None:
        what = _("This link does not work: it was used or cancelled, has expired, or is another account's.")
        raise AddressError(
            what + mark_of(" ") + _("Log in with the account that asked for it, or change the address again.")
        )
    return change


def confirm_change(change: AddressChange) -> None:
    """Make the new address the account's.

    Raises:
        AddressError: It was confirmed or cancelled a moment ago, or another account has it.
    """
    user, now = User.objects.select_related("account").get(pk=change.user_id), timezone.now()
    with transaction.atomic():
        held = AddressChange.objects.open(now).filter(pk=change.pk)
        if not held.update(confirmed_at=now, address=""):
            raise AddressError(_("This link was used or cancelled a moment ago."))
        _set(user, change.address)
    _tell(user, user.email, asked=False)


def _set(user: User, address: str) -> None:
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=address)
            audit.record(user, AccountEvent.Action.EMAIL, user.get_username())
    except IntegrityError as error:
        if ADDRESS_ONCE not in str(error):
            raise
        raise AddressError(_("Another account has this address.")) from error
