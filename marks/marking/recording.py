"""Records what annotators mark on the rating page, take back, and have read; each once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.models import Annotator, AskMarks, Assignment
from annotations.rating.votes import (
    AnswerRefusedError,
    Receipt,
    check_may_answer,
    complete_if_answered,
    key_used,
    lock_assignment,
    not_assigned,
    reopen,
    take_again,
)
from marks.kinds.library import WHOLE
from marks.marking.places import NoSuchWordsError, find_words, place_in_given, stored_place
from marks.marking.required import lacking_summaries
from marks.models import Mark, MarkKind, NoErrorFound, Reading, Withdrawal, text_hash
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
        words: In place of start, end and text: what stands there, as somebody typed it.
        comment: Why it is wrong, in the annotator's words.
        in_given: start, end and text are of the text as front ends are given it, blanks counted.
    """

    token: UUID
    side: str
    kind: str
    severity: str
    client_key: UUID
    start: int | None = None
    end: int | None = None
    text: str = ""
    words: str = ""
    comment: str = ""
    in_given: bool = False


def record_mark(annotator: Annotator, new: NewMark, *, now: datetime | None = None) -> Receipt:
    """Save the mark or raise AnswerRefusedError. The pair may be rated by that, where marks are required."""
    try:
        with transaction.atomic():
            return _record(annotator, new, now or timezone.now())
    except IntegrityError as error:
        raise key_used() from error


def _record(annotator: Annotator, new: NewMark, now: datetime) -> Receipt:
    assignment = lock_assignment(annotator, new.token)
    summary = _summary(assignment, new.side)
    earlier = Mark.objects.filter(client_key=new.client_key).select_related("kind").first()
    if earlier is not None:
        same = (earlier.assignment_id, earlier.summary_id, earlier.kind.key, earlier.severity)
        if same != (assignment.pk, summary.pk, new.kind, new.severity):
            raise key_used()
        return Receipt(complete=_is_rated(assignment), repeated=True)
    _check_may_mark(annotator, assignment)
    start, end = _place(assignment, summary, new)
    kind = _kind(assignment, new.kind, whole=start is None)
    _check_number(assignment)
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
        comment=new.comment.strip(),
        client_key=new.client_key,
    )
    return Receipt(complete=_completed(assignment, now), repeated=False)


def _check_number(assignment: Assignment) -> None:
    if assignment.marks.count() >= MOST_MARKS:
        raise AnswerRefusedError(
            "too_many_marks", _("This pair has %(n)s marks; no more are taken.") % {"n": MOST_MARKS}
        )


def take_back(
    annotator: Annotator, token: UUID, mark_key: UUID, client_key: UUID, *, now: datetime | None = None
) -> Receipt:
    """Withdraw a mark or raise AnswerRefusedError. A rated pair that lacks it is open again."""
    try:
        with transaction.atomic():
            return _take_back(lock_assignment(annotator, token), mark_key, client_key, now or timezone.now())
    except IntegrityError as error:
        raise key_used() from error


def _take_back(assignment: Assignment, mark_key: UUID, client_key: UUID, now: datetime) -> Receipt:
    mark = assignment.marks.filter(client_key=mark_key).select_related("withdrawal").first()
    if mark is None:
        raise AnswerRefusedError("unknown_mark", _("This pair has no such mark. Reload the page."))
    if hasattr(mark, "withdrawal"):
        return Receipt(complete=_is_rated(assignment), repeated=True)
    _check_may_mark(assignment.annotator, assignment)
    if _is_required(assignment):
        reopen(assignment, now)
    Withdrawal.objects.create(mark=mark, client_key=client_key)
    return Receipt(complete=_completed(assignment, now), repeated=False)


@transaction.atomic
def record_reading(annotator: Annotator, token: UUID) -> None:
    """Store that the annotator looked for errors in both summaries, or raise AnswerRefusedError.

    Whether it was known is not told: they may have read a summary in another pair, or the same pair before.
    """
    assignment = lock_assignment(annotator, token)
    pair = assignment.comparison
    both = {pair.summary_a_id, pair.summary_b_id}
    known = set(annotator.readings.filter(summary__in=both).values_list("summary_id", flat=True))
    if known == both:
        return
    _check_may_mark(annotator, assignment)
    _add_readings(assignment, both - known)


@transaction.atomic
def record_no_error(annotator: Annotator, token: UUID, *, now: datetime | None = None) -> Receipt:
    """Store that the annotator finds no error to mark where a summary of the pair loses; or raise AnswerRefusedError.

    They looked for errors there, so they have read it.
    """
    assignment = lock_assignment(annotator, token)
    lacking = lacking_summaries(assignment)
    if not lacking:
        return Receipt(complete=_is_rated(assignment), repeated=True)
    _check_may_mark(annotator, assignment)
    if not _is_required(assignment):
        raise AnswerRefusedError("marks_not_required", _("This study does not require marks. Reload the page."))
    said = [NoErrorFound(assignment=assignment, summary_id=summary) for summary in sorted(lacking)]
    NoErrorFound.objects.bulk_create(said, ignore_conflicts=True)
    _add_readings(assignment, lacking)
    return Receipt(complete=_completed(assignment, now or timezone.now()), repeated=False)


def _add_readings(assignment: Assignment, summaries: set[int]) -> None:
    about = {"study": assignment.annotator.study, "annotator": assignment.annotator, "assignment": assignment}
    rows = [Reading(**about, summary_id=summary) for summary in sorted(summaries)]
    Reading.objects.bulk_create(rows, ignore_conflicts=True)


def _is_required(assignment: Assignment) -> bool:
    return assignment.annotator.study.ask_marks == AskMarks.REQUIRED


def _is_rated(assignment: Assignment) -> bool:
    return _is_required(assignment) and assignment.state == Assignment.State.DONE


def _completed(assignment: Assignment, now: datetime) -> bool:
    """Mark the pair as rated if this mark was all that it lacked; False, without a query, where none is required."""
    if not _is_required(assignment):
        return False
    if assignment.state == Assignment.State.EXPIRED:
        take_again(assignment, now)
    return assignment.state == Assignment.State.DONE or complete_if_answered(assignment, now)


def _check_may_mark(annotator: Annotator, assignment: Assignment) -> None:
    check_may_answer(annotator)
    if annotator.study.ask_marks == AskMarks.OFF:
        raise AnswerRefusedError("marks_not_asked", _("This study does not ask for marks. Reload the page."))
    if assignment.state == Assignment.State.SKIPPED:
        raise not_assigned()


def _summary(assignment: Assignment, side: str) -> Summary:
    pair = assignment.comparison
    is_a = (side == "left") == (assignment.shown_left == "a")
    return pair.summary_a if is_a else pair.summary_b


def _kind(assignment: Assignment, key: str, *, whole: bool) -> MarkKind:
    kind = assignment.annotator.study.mark_kinds.filter(asked=True, key=key).first()
    if kind is None or (kind.about == WHOLE) != whole:
        raise AnswerRefusedError("unknown_kind", _("This study does not offer this kind of error. Reload the page."))
    return kind


def _place(assignment: Assignment, summary: Summary, new: NewMark) -> tuple[int | None, int | None]:
    """Return the place in the stored text. Raises AnswerRefusedError unless the words that were shown stand there."""
    summary_format = assignment.annotator.study.summary_format
    try:
        if new.words:
            return find_words(summary.text, summary_format, new.words)
        if new.start is None or new.end is None:
            return None, None
        find = place_in_given if new.in_given else stored_place
        return find(summary.text, summary_format, new.start, new.end, new.text)
    except NoSuchWordsError as error:
        raise AnswerRefusedError("text_differs", str(error)) from error
