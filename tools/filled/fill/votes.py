# mypy: ignore-errors
"""Rating pairs as people do: some with skill, some without, some always the left one."""

import random
import uuid

from annotations.assignment import next_assignment
from annotations.judging import Vote, choice_of, record_vote
from annotations.leases import return_expired
from annotations.remarks import Said, record_remark
from django.utils import timezone

from annotations import guesses
from annotations.models import Annotator, Assignment, Comparison
from tools.filled.fill.begin import CLOCK

DICE = random.Random(3)
# How good each system's summaries are thought to be; votes are drawn by it.
STRENGTHS = {
    "lead-3": 0.0,
    "lexrank": 0.4,
    "acme-780m": 1.2,
    "acme-70b": 1.5,
    "reference": 2.2,
    "smollm2-135m-instruct": -0.5,
}


def vote(assignment: Assignment, criterion: str, outcome: str, *, strength: int | None = None) -> None:
    took = DICE.randint(2_000, 60_000)
    given = Vote(
        token=assignment.token,
        criterion=criterion,
        choice=choice_of(outcome, assignment.shown_left),
        client_key=uuid.uuid4(),
        strength=strength if outcome in "ab" else None,
        lead_time_ms=took,
        active_ms=took - DICE.randint(0, 1_000),
    )
    CLOCK.forward(seconds=took / 1000)
    record_vote(Annotator.objects.select_related("study").get(pk=assignment.annotator_id), given)


def outcome_for(comparison: Comparison, skill: float) -> str:
    """Drawn by the strengths of the two systems; an annotator without skill throws a coin."""
    a, b = (STRENGTHS[s.run.system.slug] for s in (comparison.summary_a, comparison.summary_b))
    draw = DICE.random()
    if draw < 0.12:
        return "tie"
    if draw < 0.17:
        return "both_bad"
    chance = 1 / (1 + 2.718281828 ** -(skill * (a - b)))
    return "a" if DICE.random() < chance else "b"


def rate(annotator: Annotator, *, most: int = 1000, skill: float = 1.5, always: str = "", strength: bool = True) -> int:
    """Rate pairs as they come, in the study's questions; returns how many."""
    rated = 0
    keys = list(annotator.study.criteria.values_list("key", flat=True))
    while rated < most and (held := next_assignment(annotator)):
        comparison = Comparison.objects.select_related("summary_a__run__system", "summary_b__run__system", "study").get(
            pk=held.comparison_id
        )
        allowed = {"tie": comparison.study.allow_tie, "both_bad": comparison.study.allow_both_bad}
        for key in keys:
            outcome = outcome_for(comparison, skill)
            if always:
                outcome = held.shown_left if always == "left" else held.shown_right
            vote(
                held, key, outcome if allowed.get(outcome, True) else "a", strength=1 + rated % 2 if strength else None
            )
        if comparison.study.comments == "required":
            say(held, "comment", f"Pair {rated}: the dates are right.")
        rated += 1
    return rated


def say(assignment: Assignment, kind: str, text: str, reason: str = "") -> None:
    annotator = Annotator.objects.select_related("study").get(pk=assignment.annotator_id)
    record_remark(annotator, Said(assignment.token, kind, reason, text, uuid.uuid4()))


def lapse(annotator: Annotator) -> None:
    """A pair is given, and its time runs out."""
    next_assignment(annotator)
    CLOCK.forward(hours=2)
    assert return_expired(annotator.study, now=timezone.now())


def guess(annotator: Annotator) -> None:
    annotator = Annotator.objects.select_related("study").get(pk=annotator.pk)
    for choice in ("left", "right", "none"):
        if (pair := guesses.next_guess(annotator)) is not None:
            guesses.record_guess(annotator, pair.token, choice)
