"""Records what annotators mark on the rating page, take back, and have read; each once."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.models import Annotator, AskMarks, Assignment
from annotations.rating.votes import RefusedError, check_may_answer, key_used, lock_assignment, not_assigned
from marks.kinds.library import WHOLE
from marks.marking.shown import shown_text
from marks.models import Mark, MarkKind, Reading, Withdrawal, text_hash
from models_runner.models import Summary

MOST_MARKS = 200  # of one annotator on one pair, those taken back too


@dataclass(frozen=True)
class NewMark:
    """A mark as the annotator made it.

    Attributes:
        side: left or right, as shown.
        kind: The key of one of the kinds offered.
        start, end: Characters of the text shown, blanks not counted; None for the whole summary.
        text: What stands there, without blanks.
    """

    token: UUID
    side: str
    kind: str
    severity: str
    client_key: UUID
    start: int | None = None
    end: int | None = None
    text: str = ""


def record_mark(annotator: Annotator, new: NewMark) -> bool:
    """Save the mark or raise RefusedError; True if it was stored before."""
    try:
        with transaction.atomic():
            return _record(annotator, new)
    except IntegrityError as error:
        raise key_used() from error


def _record(annotator: Annotator, new: NewMark) -> bool:
    assignment = lock_assignment(annotator, new.token)
    summary = _summary(assignment, new.side)
    earlier = Mark.objects.filter(client_key=new.client_key).select_related("kind").first()
    if earlier is not None:
        same = (earlier.assignment_id, earlier.summary_id, earlier.kind.key, earlier.severity)
        if same != (assignment.pk, summary.pk, new.kind, new.severity):
            raise key_used()
        return True
    _check_may_mark(annotator, assignment)
    kind = _kind(assignment, new)
    start, end = _place(assignment, summary, new)
    if assignment.marks.count() >= MOST_MARKS:
        raise RefusedError("too_many_marks", _("This pair has %(n)s marks; no more are taken.") % {"n": MOST_MARKS})
    Mark.objects.create(
        study=annotator.study,
        annotator=annotator,
        summary=summary,
        assignment=assignment,
        kind=kind,
        severity=new.severity,
        start=start,
        end=end,
        text="" if start is None else summary.text[start:end],
        text_sha256=text_hash(summary.text),
        client_key=new.client_key,
    )
    return False


def take_back(annotator: Annotator, token: UUID, mark_key: UUID, client_key: UUID) -> bool:
    """Withdraw a mark or raise RefusedError; True if it was withdrawn before."""
    try:
        with transaction.atomic():
            assignment = lock_assignment(annotator, token)
            mark = assignment.marks.filter(client_key=mark_key).select_related("withdrawal").first()
            if mark is None:
                raise RefusedError("unknown_mark", _("This pair has no such mark. Reload the page."))
            if hasattr(mark, "withdrawal"):
                return True
            _check_may_mark(annotator, assignment)
            Withdrawal.objects.create(mark=mark, client_key=client_key)
    except IntegrityError as error:
        raise key_used() from error
    return False


@transaction.atomic
def record_reading(annotator: Annotator, token: UUID) -> None:
    """Store that the annotator looked for errors in both summaries, or raise RefusedError.

    Whether it was known is not told: they may have read a summary in another pair, or the same pair before.
    """
    assignment = lock_assignment(annotator, token)
    pair = assignment.comparison
    both = {pair.summary_a_id, pair.summary_b_id}
    known = set(annotator.readings.filter(summary__in=both).values_list("summary_id", flat=True))
    if known == both:
        return
    _check_may_mark(annotator, assignment)
    Reading.objects.bulk_create(
        [
            Reading(study=annotator.study, annotator=annotator, summary_id=summary, assignment=assignment)
            for summary in sorted(both - known)
        ],
        ignore_conflicts=True,
    )


def _check_may_mark(annotator: Annotator, assignment: Assignment) -> None:
    check_may_answer(annotator)
    if annotator.study.ask_marks == AskMarks.OFF:
        raise RefusedError("marks_not_asked", _("This study does not ask for marks. Reload the page."))
    if assignment.state == Assignment.State.SKIPPED:
        raise not_assigned()


def _summary(assignment: Assignment, side: str) -> Summary:
    pair = assignment.comparison
    is_a = (side == "left") == (assignment.shown_left == "a")
    return pair.summary_a if is_a else pair.summary_b


def _kind(assignment: Assignment, new: NewMark) -> MarkKind:
    kind = assignment.annotator.study.mark_kinds.filter(asked=True, key=new.kind).first()
    if kind is None or (kind.about == WHOLE) != (new.start is None):
        raise RefusedError("unknown_kind", _("This study does not offer this kind of error. Reload the page."))
    return kind


def _place(assignment: Assignment, summary: Summary, new: NewMark) -> tuple[int | None, int | None]:
    """Return the place in the stored text. Raises RefusedError unless the words that were shown stand there."""
    if new.start is None or new.end is None:
        return None, None
    shown = shown_text(summary.text, assignment.annotator.study.summary_format)
    stored = shown.stored(new.start, new.end) if new.start < new.end <= len(shown.text) else None
    if stored is None or shown.text[new.start : new.end] != new.text:
        raise RefusedError("text_differs", _("These words do not stand there. Reload the page and mark them again."))
    return stored
