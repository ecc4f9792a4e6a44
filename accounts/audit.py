"""Write the audit trail of accounts; an entry is written in the transaction of its change."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from accounts.models import AccountEvent

COMMAND_LINE = "command line"
PROVIDER = "login provider"


def record(
    who: AbstractBaseUser | AnonymousUser | None,
    action: AccountEvent.Action,
    subject: str = "",
    *,
    before: str = "",
    after: str = "",
    actor: str = COMMAND_LINE,
) -> None:
    """Add an entry to the trail.

    Args:
        who: None for what no account did.
        actor: Who it was then: a command on the server, or the login provider.
        subject: The account that was changed, by name. Never a mail address: the trail cannot be erased.
    """
    name = who.get_username() if who is not None else actor
    AccountEvent.objects.create(actor=name, action=action, subject=subject, before=before, after=after)
