"""What an annotator is told at the end about their own work: nothing about systems, and nothing about others."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import MD5

from annotations.models import Annotator, Assignment, Judgement, Outcome, Purpose
from annotations.rating.page import rating_progress
from annotations.studies.progress import minutes_worked


@dataclass(frozen=True)
class Farewell:
    """What one annotator did.

    Attributes:
        pairs: Pairs they rated, practice apart.
        minutes: Time spent on all pairs, without idle time; None where it was not measured.
        repeated: How often a pair was shown that they had rated before: two texts of one meeting, on whichever side.
        same: How often every answer to it was the same as the first time.
    """

    pairs: int
    minutes: int | None
    repeated: int
    same: int


def farewell(annotator: Annotator) -> Farewell:
    minutes = minutes_worked(annotator.assignments.all()).get(annotator.pk)
    repeated, same = _self_agreement(annotator)
    return Farewell(
        pairs=rating_progress(annotator).done,
        minutes=None if minutes is None else max(1, round(minutes)),
        repeated=repeated,
        same=same,
    )


def _self_agreement(annotator: Annotator) -> tuple[int, int]:
    """Count repeated pairs and those answered as the first time. Two texts that are equal make no pair to repeat."""
    shown: dict[tuple[object, ...], list[dict[int, str]]] = defaultdict(list)
    answers = _answers(annotator)
    for pk, document, query, text_a, text_b in _rated(annotator):
        texts = {Outcome.A: text_a, Outcome.B: text_b}
        # Answers in terms of texts, as the same two may stand in another order.
        given = {criterion: texts.get(Outcome(outcome), outcome) for criterion, outcome in answers[pk].items()}
        if text_a != text_b:
            shown[(document, query, frozenset((text_a, text_b)))].append(given)
    again = [(times[0], later) for times in shown.values() for later in times[1:]]
    return len(again), sum(first == later for first, later in again)


def _rated(annotator: Annotator) -> list[tuple[int, int, int | None, str, str]]:
    """Assignment, document, query and a digest of each text, in the order of rating."""
    rated = annotator.assignments.filter(~Q(comparison__purpose=Purpose.TRAINING), state=Assignment.State.DONE)
    texts = {side: MD5(f"comparison__summary_{side}__text") for side in "ab"}
    of_pair = ("pk", "comparison__document_id", "comparison__query_id", "a", "b")
    return list(rated.order_by("completed_at", "pk").annotate(**texts).values_list(*of_pair))


def _answers(annotator: Annotator) -> dict[int, dict[int, str]]:
    """Outcome by assignment and criterion."""
    answers: dict[int, dict[int, str]] = defaultdict(dict)
    given = Judgement.objects.filter(assignment__annotator=annotator)
    for assignment, criterion, outcome in given.values_list("assignment_id", "criterion_id", "outcome"):
        answers[assignment][criterion] = outcome
    return answers
