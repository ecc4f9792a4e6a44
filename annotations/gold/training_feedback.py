"""What an annotator is told after a training pair: whether the answers were the expected ones, and why."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.gold.attention_checks import EXPLANATION
from annotations.models import Annotator, Assignment, ExpectedAnswer, Outcome, Purpose
from annotations.rating.page import PLAIN, RatingPage, choices_of, rating_page
from annotations.rating.votes import choice_of

SIDES = {"left": _("Left"), "right": _("Right")}


@dataclass(frozen=True)
class AnswerFeedback:
    """right: None where no answer to this question is the expected one."""

    question: str
    given: str
    expected: list[str]
    right: bool | None


@dataclass(frozen=True)
class Feedback:
    page: RatingPage
    answers: list[AnswerFeedback]
    right: bool  # on all questions with an expected answer
    explanation: str


def rated_practice(annotator: Annotator, token: UUID) -> Assignment | None:
    """The annotator's training assignment with this token once every question is answered; None for all others."""
    done = annotator.assignments.filter(state=Assignment.State.DONE, comparison__purpose=Purpose.TRAINING)
    return done.select_related("comparison__control_item", "annotator__study").filter(token=token).first()


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
    )


def _as_shown(explanation: str, shown_left: str) -> str:
    """Researchers write {A} and {B} for the two texts; which one stood left differs from annotator to annotator."""
    if explanation == EXPLANATION:
        return gettext(EXPLANATION)
    for outcome in (Outcome.A, Outcome.B):
        explanation = explanation.replace(f"{{{outcome.upper()}}}", gettext(SIDES[choice_of(outcome, shown_left)]))
    return explanation
