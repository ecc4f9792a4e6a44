"""The tables of marks, and the triggers that keep them; imports no other room."""

from marks.models.gold import ExpectedMark
from marks.models.kinds import LONGEST_KIND, MarkKind, folded, problem_of_name
from marks.models.marks import LONGEST_COMMENT, Mark, Severity, Withdrawal, text_hash
from marks.models.no_errors import NoErrorFound
from marks.models.readings import Reading
from marks.models.reports import MarkReportJob

__all__ = [
    "LONGEST_COMMENT",
    "LONGEST_KIND",
    "ExpectedMark",
    "Mark",
    "MarkKind",
    "MarkReportJob",
    "NoErrorFound",
    "Reading",
    "Severity",
    "Withdrawal",
    "folded",
    "problem_of_name",
    "text_hash",
]
