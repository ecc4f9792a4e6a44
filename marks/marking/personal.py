"""What of an annotator's marks belongs to them: to take with them, and to erase."""

from typing import Any

from annotations.models import Annotator, Assignment
from marks.marking.places import as_read
from marks.models import Mark, NoErrorFound, Reading


def own_marks(annotator: Annotator) -> list[dict[str, Any]]:
    """List an annotator's marks in terms they know: left and right, no systems, words and places as they read them."""
    rows = Mark.objects.filter(annotator=annotator).order_by("pk")
    return [
        _own(mark) for mark in rows.select_related("assignment__comparison", "kind", "withdrawal", "summary", "study")
    ]


def _own(mark: Mark) -> dict[str, Any]:
    start, end, words = None, None, ""
    if mark.start is not None and mark.end is not None:
        start, end, words = as_read(mark.summary.text, mark.study.summary_format, mark.start, mark.end)
    return {
        "pair": mark.assignment.token if mark.assignment else None,
        "side": _side(mark),
        "kind": mark.kind.name,
        "severity": mark.severity,
        "start": start,
        "end": end,
        "text": words,
        "comment": mark.comment,
        "withdrawn": hasattr(mark, "withdrawal"),
        "given_at": mark.created_at,
    }


def _side(mark: Mark) -> str | None:
    return None if mark.assignment is None else _side_of(mark.assignment, mark.summary_id)


def _side_of(assignment: Assignment, summary_id: int) -> str:
    side = "a" if summary_id == assignment.comparison.summary_a_id else "b"
    return "left" if side == assignment.shown_left else "right"


def erase_marks(annotator: Annotator) -> None:
    """Delete the marks of an annotator who has all that leads to them erased: comments are in their own words."""
    Mark.objects.filter(annotator=annotator).delete()
    Reading.objects.filter(annotator=annotator).delete()
    NoErrorFound.objects.filter(assignment__annotator=annotator).delete()


def own_no_errors(annotator: Annotator) -> list[dict[str, Any]]:
    """List where an annotator said that they find no error to mark."""
    rows = NoErrorFound.objects.filter(assignment__annotator=annotator).select_related("assignment__comparison")
    return [
        {"pair": said.assignment.token, "side": _side_of(said.assignment, said.summary_id), "said_at": said.created_at}
        for said in rows.order_by("pk")
    ]
