"""The tables of marks, and the triggers that keep them; imports no other room."""

from marks.models.kinds import LONGEST_KIND, MarkKind, folded
from marks.models.marks import LONGEST_COMMENT, Mark, Severity, Withdrawal, text_hash
from marks.models.readings import Reading

__all__ = [
    "LONGEST_COMMENT",
    "LONGEST_KIND",
    "Mark",
    "MarkKind",
    "Reading",
    "Severity",
    "Withdrawal",
    "folded",
    "text_hash",
]
