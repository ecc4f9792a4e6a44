"""Tells an annotator after a training pair whether their answers were the expected ones, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.gold.attention_checks import EXPLANATION
from annotations.models import Annotator, Assignment, ExpectedAnswer, Outcome, Purpose
from annotations.rating.marking import MarkFeedback, marks_feedback
from annotations.rating.page import PLAIN, RatingPage, choices_of, rating_page
from annotations.rating.votes import choice_of

SIDES = {"left": _("Left"), "right": _("Right")}


@dataclass(frozen=True)
class AnswerFeedback:
    """One question of a training pair, in the words of the page.

    Attributes:
        given: The annotator's answer.
        expected: The right answers; none where the question has no right answer.
        right: None where the question has no right answer.
    """

    question: str
    given: str
    expected: list[str]
    right: bool | None


@dataclass(frozen=True)
class Feedback:
    """What the page says after a training pair.

    Attributes:
        right: All questions with a right answer were answered right.
        marks: What a careful reader marks, and which of it the annotator marked; where the study asks for marks.
    """

    page: RatingPage
    answers: list[AnswerFeedback]
    right: bool
    explanation: str
    marks: Sequence[MarkFeedback] = ()


def rated_practice(annotator: Annotator, token: UUID) -> Assignment | None:
    """Return the annotator's training assignment with this token if all its questions are answered, else None."""
    return _practice(annotator, token).select_related("comparison__control_item", "annotator__study").first()


def is_rated_practice(annotator: Annotator, token: UUID) -> bool:
    """Tell the same of a vote that was just saved: most are no practice, and nothing else of it is needed."""
    return _practice(annotator, token).exists()


def _practice(annotator: Annotator, token: UUID) -> QuerySet[Assignment]:
    done = annotator.assignments.filter(state=Assignment.State.DONE, comparison__purpose=Purpose.TRAINING)
    return done.filter(token=token)


def feedback(assignment: Assignment) -> Feedback:
    comparison, left = assignment.comparison, assignment.shown_left
    expected: dict[int, list[str]] = {}
    for row in ExpectedAnswer.objects.filter(comparison=comparison).order_by("pk"):
        expected.setdefault(row.criterion_id, []).append(row.outcome)
    page = rating_page(assignment)
    labels = {choice.value: choice.label for choice in choices_of(assignment.annotator.study)}
    plain = {choice.value: choice.label for choice in PLAIN}
    given = dict(assignment.judgements.values_list("criterion_id", "outcome"))
    answers = [
        AnswerFeedback(
            question=question.text,
            given=labels[question.pressed],
            expected=[gettext(plain[choice_of(outcome, left)]) for outcome in expected.get(criterion, [])],
            right=given[criterion] in expected[criterion] if criterion in expected else None,
        )
        for criterion, question in zip(
            assignment.annotator.study.criteria.values_list("pk", flat=True), page.questions, strict=True
        )
    ]
    return Feedback(
        page=page,
        answers=answers,
        right=all(answer.right is not False for answer in answers),
        explanation=_as_shown(comparison.control_item.explanation, left),
        marks=marks_feedback(assignment),
    )


def _as_shown(explanation: str, shown_left: str) -> str:
    """Replace {A} and {B}, which researchers write for the two texts, by the sides that this annotator saw."""
    if explanation == EXPLANATION:
        return gettext(EXPLANATION)
    for outcome in (Outcome.A, Outcome.B):
        explanation = explanation.replace(f"{{{outcome.upper()}}}", gettext(SIDES[choice_of(outcome, shown_left)]))
    return explanation
