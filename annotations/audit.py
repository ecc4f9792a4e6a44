"""Writing the audit trail, in the transaction of the change itself."""

from django.contrib.auth.models import AnonymousUser, User

from annotations.models import AuditEntry, Study

Value = str | int | bool | None | list[str]
COMMAND_LINE = "command line"


def record(
    study: Study,
    who: User | AnonymousUser | None,
    action: str,
    subject: str = "",
    *,
    before: Value = None,
    after: Value = None,
) -> None:
    """One line of the trail. who: None for a command on the server."""
    AuditEntry.objects.create(
        study=study,
        actor=who.get_username() if who is not None else COMMAND_LINE,
        action=action,
        subject=subject[:300],
        before=before,
        after=after,
    )
