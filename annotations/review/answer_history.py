"""Answer history of one annotator (reviewed before exclusion) or of one pair."""

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
    """An annotator's answer to one question of a pair.

    Attributes:
        question: The question's key.
        answer: The answer in words, by canonical side: A, B, equal or both bad.
        side: Where the chosen text stood, left or right; "" where no side was chosen.
    """

    question: str
    answer: str
    side: str


@dataclass(frozen=True)
class AnsweredPair:
    """A pair that an annotator rated or skipped, with everything they said about it.

    Attributes:
        assignment: With its annotator, comparison, document and query.
        given: The answers, in the order of the questions.
        seconds: Time spent on the pair; None where it was not measured.
        remarks: Comments and reports that were not withdrawn.
        right: True if every answer was as expected; None where no answer is expected.
    """

    assignment: Assignment
    given: list[QuestionAnswer]
    seconds: float | None
    remarks: list[Remark]
    right: bool | None


def pairs_answered_by(annotator: Annotator, show: str = "") -> QuerySet[Assignment]:
    """Select the pairs an annotator rated or skipped, newest first.

    Args:
        show: A key of SHOWN.
    """
    return annotator.assignments.filter(SHOWN[show]).order_by("-created_at", "-pk")


def answers_to(comparison: Comparison) -> list[AnsweredPair]:
    """List what everybody who rated or skipped a pair answered, excluded annotators too, in the order of joining."""
    return with_answers(list(comparison.assignments.filter(SHOWN[""]).order_by("annotator__number")))


def with_answers(assignments: Sequence[Assignment]) -> list[AnsweredPair]:
    """Load the answers and remarks of assignments, in a fixed number of queries."""
    ids = [assignment.pk for assignment in assignments]
    full = Assignment.objects.select_related("annotator", "comparison__document", "comparison__query").in_bulk(ids)
    judgements: dict[int, list[Judgement]] = defaultdict(list)
    answers = Judgement.objects.filter(assignment__in=ids).select_related("criterion")
    for judgement in answers.order_by("criterion__position"):
        judgements[judgement.assignment_id].append(judgement)
    remarks: dict[int, list[Remark]] = defaultdict(list)
    for remark in Remark.objects.standing().filter(assignment__in=ids).order_by("pk"):
        remarks[remark.assignment_id].append(remark)
    expected = _expected_answers([assignment.comparison_id for assignment in assignments])
    return [_answered_pair(full[pk], judgements[pk], remarks[pk], expected) for pk in ids if pk in full]


Expected = dict[int, dict[int, set[str]]]


def _expected_answers(comparisons: Sequence[int]) -> Expected:
    """Read which outcomes are right, by comparison and question."""
    expected: Expected = defaultdict(lambda: defaultdict(set))
    rows = ExpectedAnswer.objects.filter(comparison__in=comparisons)
    for comparison, criterion, outcome in rows.values_list("comparison", "criterion", "outcome"):
        expected[comparison][criterion].add(outcome)
    return expected


def _answered_pair(
    assignment: Assignment, answers: list[Judgement], remarks: list[Remark], expected: Expected
) -> AnsweredPair:
    times = [answer.active_ms for answer in answers if answer.active_ms is not None]
    wanted = expected.get(assignment.comparison_id, {})
    return AnsweredPair(
        assignment=assignment,
        given=[_question_answer(assignment, answer) for answer in answers],
        # Times are cumulative: the last answer has the time of the whole pair.
        seconds=max(times) / 1000 if times else None,
        remarks=remarks,
        right=all(answer.outcome in wanted.get(answer.criterion_id, {answer.outcome}) for answer in answers)
        if wanted and answers
        else None,
    )


def _question_answer(assignment: Assignment, judgement: Judgement) -> QuestionAnswer:
    sides = {assignment.shown_left: "left", assignment.shown_right: "right"} if assignment.shown_left else {}
    how_much = f", {judgement.get_strength_display()}" if judgement.strength else ""
    return QuestionAnswer(
        judgement.criterion.key, ANSWERS[judgement.outcome] + how_much, sides.get(judgement.outcome, "")
    )
