"""What people did, pair by pair: of one annotator, to read before their votes are left out, or of one pair."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import Annotator, Assignment, Comparison, ExpectedAnswer, Judgement, Purpose, Remark
from annotations.review.disagreements import ANSWERS

SHOWN = {
    "": Q(state__in=[Assignment.State.DONE, Assignment.State.SKIPPED]),
    "known": Q(state=Assignment.State.DONE) & ~Q(comparison__purpose=Purpose.RATING),
    "skipped": Q(state=Assignment.State.SKIPPED),
    "said": Q(
        Exists(Remark.objects.standing().filter(assignment=OuterRef("pk"))),
        state__in=[Assignment.State.DONE, Assignment.State.SKIPPED],
    ),
}


@dataclass(frozen=True)
class QuestionAnswer:
    """A question's key, the answer by canonical side, and where that side stood: "" where none was chosen."""

    question: str
    answer: str
    side: str


@dataclass(frozen=True)
class AnsweredPair:
    """right: as expected on every question; None where nothing was expected. seconds: at work, None if not measured."""

    assignment: Assignment
    given: list[QuestionAnswer]
    seconds: float | None
    remarks: list[Remark]
    right: bool | None


def pairs_answered_by(annotator: Annotator, show: str = "") -> QuerySet[Assignment]:
    """Rated and skipped ones, newest first; of the kind in SHOWN."""
    return annotator.assignments.filter(SHOWN[show]).order_by("-created_at", "-pk")


def answers_to(comparison: Comparison) -> list[AnsweredPair]:
    """By everybody who rated or skipped it, as they joined; whose votes are left out included."""
    return with_answers(list(comparison.assignments.filter(SHOWN[""]).order_by("annotator__number")))


def with_answers(assignments: Sequence[Assignment]) -> list[AnsweredPair]:
    """In the same few queries, however many they are."""
    ids = [one.pk for one in assignments]
    full = Assignment.objects.select_related("annotator", "comparison__document", "comparison__query").in_bulk(ids)
    judgements: dict[int, list[Judgement]] = defaultdict(list)
    for given in (
        Judgement.objects.filter(assignment__in=ids).select_related("criterion").order_by("criterion__position")
    ):
        judgements[given.assignment_id].append(given)
    remarks: dict[int, list[Remark]] = defaultdict(list)
    for remark in Remark.objects.standing().filter(assignment__in=ids).order_by("pk"):
        remarks[remark.assignment_id].append(remark)
    expected = _expected([one.comparison_id for one in assignments])
    return [_answered_pair(full[pk], judgements[pk], remarks[pk], expected) for pk in ids if pk in full]


Expected = dict[int, dict[int, set[str]]]


def _expected(comparisons: Sequence[int]) -> Expected:
    """Outcomes that are right, by comparison and question."""
    found: Expected = defaultdict(lambda: defaultdict(set))
    rows = ExpectedAnswer.objects.filter(comparison__in=comparisons)
    for comparison, criterion, outcome in rows.values_list("comparison", "criterion", "outcome"):
        found[comparison][criterion].add(outcome)
    return found


def _answered_pair(
    assignment: Assignment, answers: list[Judgement], remarks: list[Remark], expected: Expected
) -> AnsweredPair:
    times = [one.active_ms for one in answers if one.active_ms is not None]
    wanted = expected.get(assignment.comparison_id, {})
    return AnsweredPair(
        assignment=assignment,
        given=[_question_answer(assignment, one) for one in answers],
        # The last answer of a pair comes after all the work on it.
        seconds=max(times) / 1000 if times else None,
        remarks=remarks,
        right=all(one.outcome in wanted.get(one.criterion_id, {one.outcome}) for one in answers)
        if wanted and answers
        else None,
    )


def _question_answer(assignment: Assignment, judgement: Judgement) -> QuestionAnswer:
    sides = {assignment.shown_left: "left", assignment.shown_right: "right"} if assignment.shown_left else {}
    how_much = f", {judgement.get_strength_display()}" if judgement.strength else ""
    return QuestionAnswer(
        judgement.criterion.key, ANSWERS[judgement.outcome] + how_much, sides.get(judgement.outcome, "")
    )
