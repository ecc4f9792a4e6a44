"""Checks the blinding: afterwards annotators guess which text of a pair was the large model's; chance is one half."""

import random
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from annotations.models import Annotator, Assignment, AssignmentQuerySet, Guess, Side, Study
from annotations.rating.assignment import has_work
from annotations.rating.votes import AnswerRefusedError
from models_runner.models import System
from stats.raters.guess import guess_rate, is_unblinded
from stats.uncertainty.proportions import Proportion

GUESSES_EACH = 5
GUESS_CHOICES = ("left", "right", "none")


def next_guess(annotator: Annotator) -> Assignment | None:
    """Return a rated pair of a compact and a large system to guess about; None while pairs are left, or when done."""
    study = annotator.study
    if not study.ask_guess or annotator.left_at is not None or annotator.saw_results_at is not None:
        return None
    if has_work(annotator):
        return None
    rated = _rated(study).filter(annotator=annotator)
    if rated.filter(guess__isnull=False).count() >= GUESSES_EACH:
        return None
    unguessed = [assignment for assignment in rated.filter(guess=None).order_by("pk") if large_side(assignment)]
    random.Random(f"guess:{study.seed}:{annotator.number}").shuffle(unguessed)  # noqa: S311  (which ones, no secret)
    return unguessed[0] if unguessed else None


def large_side(assignment: Assignment) -> str:
    """Return the canonical side of the large system; "" unless the other system is compact."""
    comparison = assignment.comparison
    return _large_side(*(getattr(comparison, f"summary_{side}").run.system.size_class for side in Side.values))


def _large_side(size_a: str, size_b: str) -> str:
    if {size_a, size_b} != {"compact", "large"}:
        return ""
    return Side.A.value if size_a == "large" else Side.B.value


def record_guess(annotator: Annotator, token: UUID, choice: str) -> None:
    """Store the guess or raise AnswerRefusedError; the first guess about a pair stays."""
    assignment = _rated(annotator.study).filter(annotator=annotator, token=token).first()
    if assignment is None or not large_side(assignment) or has_work(annotator):
        raise AnswerRefusedError("unknown_assignment", _("There is nothing to guess about this pair."))
    side = {"left": assignment.shown_left, "right": assignment.shown_right}.get(choice, "")
    Guess.objects.get_or_create(assignment=assignment, defaults={"side": side})


@dataclass(frozen=True)
class UnblindingReport:
    """How often annotators guessed the large model right.

    Attributes:
        rate: Right guesses among those made.
        no_idea: Answers without a guess.
        told: The rate is significantly above chance; None where it has no interval.
    """

    rate: Proportion
    no_idea: int
    told: bool | None


def study_guesses(study: Study) -> UnblindingReport:
    sizes = {system.pk: system.size_class for system in System.objects.filter(runs__dataset=study.dataset_id)}
    systems = (f"comparison__summary_{side}__run__system" for side in Side.values)
    answered = _rated(study).by_included().filter(guess__isnull=False).select_related(None).order_by("pk")
    rows = [
        (who, side, _large_side(sizes[a], sizes[b]))
        for who, side, a, b in answered.order_by("pk").values_list("annotator_id", "guess__side", *systems)
    ]
    made = [(who, side == large) for who, side, large in rows if side and large]
    rate = guess_rate(
        np.array([who for who, _ in made], dtype=np.int64), np.array([right for _, right in made], dtype=np.bool_)
    )
    return UnblindingReport(rate, sum(not side for _, side, _ in rows), is_unblinded(rate))


def _rated(study: Study) -> AssignmentQuerySet:
    sides = [f"comparison__summary_{side}" for side in Side.values]
    rated = Assignment.objects.for_rating().filter(comparison__study=study, state=Assignment.State.DONE)
    # Only sizes are looked at; texts and what a run recorded of its machine are long.
    return rated.select_related("comparison__document", *(f"{side}__run__system" for side in sides)).defer(
        *(f"{side}__text" for side in sides), *(f"{side}__run__environment" for side in sides)
    )
