"""What of an annotator's marks belongs to them: to take with them, and to erase."""

from typing import Any

from annotations.models import Annotator
from marks.models.marks import Mark
from marks.models.readings import Reading


def own_marks(annotator: Annotator) -> list[dict[str, Any]]:
    """List an annotator's marks in terms they know: left and right, no systems."""
    rows = Mark.objects.filter(annotator=annotator).order_by("pk")
    return [_own(mark) for mark in rows.select_related("assignment__comparison", "kind", "withdrawal")]


def _own(mark: Mark) -> dict[str, Any]:
    return {
        "pair": mark.assignment.token if mark.assignment else None,
        "side": _side(mark),
        "kind": mark.kind.name,
        "severity": mark.severity,
        "start": mark.start,
        "end": mark.end,
        "text": mark.text,
        "comment": mark.comment,
        "withdrawn": hasattr(mark, "withdrawal"),
        "given_at": mark.created_at,
    }


def _side(mark: Mark) -> str | None:
    if mark.assignment is None:
        return None
    side = "a" if mark.summary_id == mark.assignment.comparison.summary_a_id else "b"
    return "left" if side == mark.assignment.shown_left else "right"


def erase_marks(annotator: Annotator) -> None:
    """Delete the marks of an annotator who has all that leads to them erased: comments are in their own words."""
    Mark.objects.filter(annotator=annotator).delete()
    Reading.objects.filter(annotator=annotator).delete()
