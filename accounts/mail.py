"""Send the few mails the site sends. Links are made with SITE_URL, so that no request can change where they lead."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import AccountInvitation
from lib.serving.addresses import site_address

logger = logging.getLogger(__name__)
# As the columns of users and invitations hold; forms of Django take longer ones.
LONGEST_ADDRESS = 254
# What a mail server that is down, or refuses, raises.
FAULTS = (smtplib.SMTPException, OSError)


class MailError(Exception):
    """The mail could not be sent; the message says why, without the text of the mail."""


def send(template: str, to: str, language: str, context: dict[str, object]) -> None:
    """Send a mail whose template has the subject in its first line. Raises MailError."""
    with translation.override(language or settings.LANGUAGE_CODE):
        subject, _, body = render_to_string(template, context | {"site": settings.SITE_URL}).strip().partition("\n")
    try:
        send_mail(subject.strip(), body.strip() + "\n", None, [to])
    except FAULTS as error:
        logger.warning("a mail was not sent: %s", error)
        raise MailError(f"{type(error).__name__}: {error}") from error


def is_wanted(email: str) -> bool:
    """Return whether a mail can go to this address, which may be empty."""
    return bool(email and settings.MAIL_CONFIGURED)


def send_invitation(invitation: AccountInvitation, path: str) -> None:
    """Mail the link of an invitation, in the language of who invites. Raises MailError."""
    context: dict[str, object] = {"link": site_address(path), "invitation": invitation}
    send("accounts/mail/invitation.txt", invitation.email, translation.get_language() or "", context)
