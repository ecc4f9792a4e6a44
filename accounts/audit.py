"""Write the audit trail of accounts; an entry is written in the transaction of its change."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from accounts.models import AccountEvent

COMMAND_LINE = "command line"


def record(
    who: AbstractBaseUser | AnonymousUser | None,
    action: AccountEvent.Action,
    subject: str = "",
    *,
    before: str = "",
    after: str = "",
) -> None:
    """Add an entry to the trail.

    Args:
        who: None for a command on the server.
        subject: The account that was changed, by name. Never a mail address: the trail cannot be erased.
    """
    actor = who.get_username() if who is not None else COMMAND_LINE
    AccountEvent.objects.create(actor=actor, action=action, subject=subject, before=before, after=after)
