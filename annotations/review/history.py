"""The audit trail as pages show it: words of ours in the reader's language, names and stored values as they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import FieldDoesNotExist

from annotations.models import AuditEntry, Invitation, Membership, Purpose, Study
from annotations.studies.audit import COMMAND_LINE, Value
from lib.numbers import UNDEFINED
from lib.text.translated import mark_of, translated

Action = AuditEntry.Action
EXCLUDED, ALTHOUGH, REVOKED = "excluded: ", "; although rating went on: ", "revoked: "
STATES = ("on", "off", "removed", "included", "excluded")
CODES = {*Study.Status.values, *Membership.Role.values, *Purpose.values, *STATES}


@dataclass(frozen=True)
class ShownEntry:
    """An entry in words."""

    entry: AuditEntry
    actor: str
    subject: str
    before: str
    after: str


def shown_entries(entries: Iterable[AuditEntry]) -> Iterator[ShownEntry]:
    for entry in entries:
        actor = translated(entry.actor) if entry.actor == COMMAND_LINE else entry.actor
        yield ShownEntry(entry, actor, _subject(entry), _value(entry, entry.before), _value(entry, entry.after))


def _subject(entry: AuditEntry) -> str:
    """Say what was changed. A member is there by name; of an invitation and a link, our words come before theirs."""
    subject = entry.subject
    if entry.action in (Action.ANNOTATOR, Action.IMPORT):
        return subject
    if entry.action == Action.MEMBER:
        # No account has a name with spaces.
        return translated(subject) if " " in subject else subject
    if entry.action == Action.INVITATION and subject.startswith(REVOKED):
        label = subject.removeprefix(REVOKED)
        return _before_words("revoked", translated(label) if label in Invitation.Kind.labels else label)
    if entry.action == Action.SHARING and ALTHOUGH in subject:
        ours, _, reason = subject.partition(ALTHOUGH)
        return translated(ours) + mark_of("; ") + _before_words("although rating went on", reason)
    return translated(subject)


def _value(entry: AuditEntry, value: Value) -> str:
    if value is None:
        return UNDEFINED
    if isinstance(value, bool):
        return translated("yes" if value else "no")
    text = str(value)
    if entry.action == Action.SETTING:
        return translated(text) if _is_choice(entry.subject) else text
    if entry.action == Action.ANNOTATOR and text.startswith(EXCLUDED):
        return _before_words("excluded", text.removeprefix(EXCLUDED))
    ours = text in CODES or entry.action == Action.IMPORT
    return translated(text) if ours else text


def _before_words(ours: str, theirs: str) -> str:
    return translated(ours) + mark_of(": ") + theirs


def _is_choice(name: str) -> bool:
    """Whether a setting holds one of our words; all others hold what people wrote, numbers and times."""
    try:
        return bool(getattr(Study._meta.get_field(name), "choices", None))
    except FieldDoesNotExist:
        return False
