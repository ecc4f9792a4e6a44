"""Write and read the audit trail; an entry is written in the transaction of its change."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

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
    """Add an entry to the trail.

    Args:
        who: None for a command on the server.
    """
    AuditEntry.objects.create(
        study=study,
        actor=who.get_username() if who is not None else COMMAND_LINE,
        action=action,
        subject=subject[:300],
        before=before,
        after=after,
    )


def entries_of(study: Study, *, action: str = "", who: str = "") -> QuerySet[AuditEntry]:
    """Select entries of the trail, newest first.

    Args:
        action: A value of AuditEntry.Action; "" for all.
        who: Part of the actor's name; "" for everybody.
    """
    entries = study.audit_entries.all()
    if action:
        entries = entries.filter(action=action)
    return entries.filter(actor__icontains=who) if who else entries
