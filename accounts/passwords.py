"""Links for a new password: used once, for a day. Django signs them; nothing is stored."""

from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts import audit, mail
from accounts.models import AccountEvent
from accounts.roles import AccountError
from lib.serving.addresses import site_address

# How many mails an account is sent within the time of the login's lock.
MOST_MAILS = 3


class ResetTokens(PasswordResetTokenGenerator):
    """End with the next password or login, as Django's do, and when the account is deactivated or its sessions end."""

    key_salt = "accounts.passwords.ResetTokens"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        account = getattr(user, "account", None)
        number = account.session_number if account else 0
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}{number}"


tokens = ResetTokens()


def reset_path(user: User) -> str:
    """Return the link by which the owner of an account sets a new password."""
    return reverse("new-password", args=[urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user)])


@transaction.atomic
def make_reset_link(user: User, by: User | None) -> str:
    """Return a link for somebody who asked an administrator. Raises AccountError for an account that is not active."""
    if not user.is_active:
        text = _("%(name)s is deactivated. Reactivate the account first.")
        raise AccountError(text % {"name": user.get_username()})
    audit.record(by, AccountEvent.Action.RESET_LINK, user.get_username())
    return reset_path(user)


def mail_reset_link(user: User) -> None:
    """Send the link to the account's address. Raises MailError."""
    account = getattr(user, "account", None)
    context: dict[str, object] = {"name": user.get_username(), "link": site_address(reset_path(user))}
    mail.send("accounts/mail/new_password.txt", user.email, account.language if account else "", context)
