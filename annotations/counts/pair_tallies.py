"""Counting an adaptive study's votes by pair of systems, exactly, in the transaction of each change.

A count is what a board counts: the answers to the first question in a held place, by annotators who are not left out.
Why it cannot drift:

- Every change of an answer or of a place locks its comparison first, so what the assignment adds before and after is
  read undisturbed. The pair's count is locked last, when all else is written: many people rate few pairs of systems.
- Whether the annotator is left out is read once the count is locked. recount_pairs has all counts of the study locked
  from before it reads until its transaction ends, and who excludes calls it in the same transaction: a vote at the same
  moment is either in the recount, or sees its outcome.
- A study that becomes adaptive first waits for every vote under way (sampling_changed).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.db.models import Count, Exists, F, QuerySet, Subquery

from annotations.models import Annotator, Criterion, Judgement, JudgementQuerySet, Outcome, PairCount, Sampling, Study
from stats.decisions.sampling import PairMoments, smoothed_variance

Pair = tuple[int, int]  # ids of two systems, the smaller first

SYSTEMS = tuple(f"assignment__comparison__summary_{side}__run__system_id" for side in "ab")
# Seen from a, as the ratings count it.
SCORES = {Outcome.A.value: 1.0, Outcome.B.value: 0.0, Outcome.TIE.value: 0.5, Outcome.BOTH_BAD.value: 0.5}


class Totals(NamedTuple):
    votes: int = 0
    score_sum: float = 0.0
    score_squares: float = 0.0


class Standing(NamedTuple):
    """The pair an answer is about, and its score seen from the pair's first system."""

    pair: Pair
    score: float


def pair_of(system_a: int, system_b: int) -> Pair:
    return min(system_a, system_b), max(system_a, system_b)


def moments_of(study: Study, pairs: Sequence[Pair]) -> PairMoments:
    """Votes and variance of these pairs; one query, which reads no vote."""
    rows = study.pair_counts.values_list("system_1_id", "system_2_id", "votes", "score_sum", "score_squares")
    known = {(first, second): Totals(votes, total, squares) for first, second, votes, total, squares in rows}
    found = [known.get(pair, Totals()) for pair in pairs]
    n = np.array([one.votes for one in found], dtype=np.int64)
    sums = np.array([one.score_sum for one in found], dtype=np.float64)
    return PairMoments(n, smoothed_variance(n, sums, np.array([one.score_squares for one in found], dtype=np.float64)))


@contextmanager
def counting(assignment_id: int, *, adaptive: bool = True) -> Iterator[None]:
    """Around a change of this assignment's answers or place; its comparison is locked.

    adaptive: False only where the study was read after locking and is even, which saves the queries.
    """
    before = _standing(assignment_id) if adaptive else None
    yield
    if adaptive:
        _move(assignment_id, before, _standing(assignment_id))


def _standing(assignment_id: int) -> Standing | None:
    """What this assignment adds, unless its annotator is left out."""
    study = Study.objects.filter(comparisons__assignments=assignment_id)
    answers = _answers(Criterion.objects.filter(study__in=study)).filter(assignment=assignment_id)
    given = answers.values_list("outcome", *SYSTEMS).first()
    return given and _seen_from_first(*given)


def _answers(criteria: QuerySet[Criterion]) -> JudgementQuerySet:
    """Answers to the first of these questions, in a held place, about pairs for rating."""
    first = criteria.order_by("position").values("pk")[:1]
    return Judgement.objects.held().for_rating().filter(criterion=Subquery(first)).order_by()


def _seen_from_first(outcome: str, system_a: int, system_b: int) -> Standing:
    score = SCORES[outcome]
    return Standing(pair_of(system_a, system_b), score if system_a < system_b else 1 - score)


def _move(assignment_id: int, before: Standing | None, after: Standing | None) -> None:
    if before == after or (about := before or after) is None:
        return
    study = Study.objects.filter(comparisons__assignments=assignment_id)
    first, second = about.pair
    # Ordered by its own key: by the model's order the query would join the study, and lock its row as well.
    counts = PairCount.objects.select_for_update(of=("self",)).order_by("pk")
    count = counts.filter(study__in=study, system_1=first, system_2=second).first()
    if count is None:
        return  # not adaptive
    left_out = Annotator.objects.excluded().filter(assignments=assignment_id)
    added, removed = _totals(after), _totals(before)
    PairCount.objects.filter(~Exists(left_out), pk=count.pk).update(
        votes=F("votes") + added.votes - removed.votes,
        score_sum=F("score_sum") + added.score_sum - removed.score_sum,
        score_squares=F("score_squares") + added.score_squares - removed.score_squares,
    )


def _totals(standing: Standing | None) -> Totals:
    return Totals() if standing is None else Totals(1, standing.score, standing.score**2)


@transaction.atomic
def sampling_changed(study: Study) -> None:
    """Start or stop counting after the study's sampling was changed, in the transaction that changed it."""
    # Votes under way hold their comparison and may have seen the study as it was; later ones see it as it is.
    list(study.comparisons.select_for_update().order_by("pk").values_list("pk", flat=True))
    recount_pairs(study)


@transaction.atomic
def recount_pairs(study: Study) -> None:
    """Count all votes anew: for a study that became adaptive, or whose annotators were left out or taken in again.

    Votes wait meanwhile, and their count is then of the same moment.
    """
    adaptive = Study.objects.select_for_update(no_key=True).get(pk=study.pk).sampling == Sampling.ADAPTIVE
    if not adaptive:
        study.pair_counts.all().delete()
        return
    systems = study.systems.order_by("pk").values_list("pk", flat=True)
    wanted = (PairCount(study=study, system_1_id=one, system_2_id=two) for one, two in combinations(systems, 2))
    PairCount.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=500)
    counts = list(study.pair_counts.select_for_update().order_by("pk"))
    found = counted(study)
    for count in counts:
        totals = found.get((count.system_1_id, count.system_2_id), Totals())
        count.votes, count.score_sum, count.score_squares = totals
    PairCount.objects.bulk_update(counts, Totals._fields, batch_size=500)


def counted(study: Study) -> dict[Pair, Totals]:
    """The votes themselves, added up by pair; pairs without any are missing."""
    votes = _answers(study.criteria.all()).by_included()
    totals: dict[Pair, Totals] = {}
    for outcome, system_a, system_b, n in votes.values_list("outcome", *SYSTEMS).annotate(n=Count("pk")):
        pair, score = _seen_from_first(outcome, system_a, system_b)
        known = totals.get(pair, Totals())
        totals[pair] = Totals(known.votes + n, known.score_sum + n * score, known.score_squares + n * score**2)
    return totals
