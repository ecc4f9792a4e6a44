"""Keeps an adaptive study's tallies of votes by pair of systems, exactly, in the transaction of each change.

A tally counts what a board counts: answers to the first question, in a held place, by annotators who are not excluded.
A pair without votes has none: 1,000 systems have half a million pairs. It cannot drift, because:

- Every change of an answer or of a place locks its comparison first, so nothing changes between reading what the
  assignment adds before and after. The tally is locked last, when all else is written: many people rate few pairs.
- Whether the annotator is excluded is read once the tally is locked. recount_pairs locks all tallies of the study
  before it reads and until its transaction ends, and an exclusion calls it in its own transaction: a simultaneous
  vote is either in the recount, or sees the exclusion.
- A tally that is not there cannot be locked. Who misses one waits for recounts under way at the study's gate, which a
  recount closes before it locks the tallies, and looks again. A transaction changes one assignment, so nobody stands
  there with a tally locked.
- A study that becomes adaptive first waits for every vote under way (sampling_changed).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import islice
from operator import or_
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.db.models import Count, Exists, F, Q, QuerySet, Subquery

from annotations.models import Annotator, Criterion, Judgement, JudgementQuerySet, Outcome, PairTally, Sampling, Study
from lib.sql import pass_gate
from stats.decisions.sampling import PairMoments, smoothed_variance

# A condition for each of so many first systems, which databases still take together.
FIRSTS_AT_ONCE = 100
GATE = PairTally._meta.db_table
SystemPair = tuple[int, int]  # ids of two systems, the smaller first

SYSTEMS = tuple(f"assignment__comparison__summary_{side}__run__system_id" for side in "ab")
# The score of a, as the boards count it.
SCORES = {Outcome.A.value: 1.0, Outcome.B.value: 0.0, Outcome.TIE.value: 0.5, Outcome.BOTH_BAD.value: 0.5}


class Totals(NamedTuple):
    """Number, sum and sum of squares of the scores of a pair's first system."""

    votes: int = 0
    score_sum: float = 0.0
    score_squares: float = 0.0


class PairScore(NamedTuple):
    """The pair that an answer is about, and the score of the pair's first system."""

    pair: SystemPair
    score: float


def pair_of(system_a: int, system_b: int) -> SystemPair:
    return min(system_a, system_b), max(system_a, system_b)


def moments_of_pairs(study: Study, pairs: Sequence[SystemPair]) -> PairMoments:
    """Return the number and variance of votes of these pairs; no other tallies are read."""
    stored = dict(_stored(study, pairs))
    totals = [stored.get(pair, Totals()) for pair in pairs]
    n = np.array([of_pair.votes for of_pair in totals], dtype=np.int64)
    sums = np.array([of_pair.score_sum for of_pair in totals], dtype=np.float64)
    squares = np.array([of_pair.score_squares for of_pair in totals], dtype=np.float64)
    return PairMoments(n, smoothed_variance(n, sums, squares))


def _stored(study: Study, pairs: Sequence[SystemPair]) -> Iterator[tuple[SystemPair, Totals]]:
    seconds: dict[int, list[int]] = defaultdict(list)
    for first, second in pairs:
        seconds[first].append(second)
    rest = iter(seconds)
    while firsts := list(islice(rest, FIRSTS_AT_ONCE)):
        these = reduce(or_, (Q(system_1=first, system_2__in=seconds[first]) for first in firsts))
        rows = study.pair_tallies.filter(these).order_by().values_list("system_1_id", "system_2_id", *Totals._fields)
        yield from (((first, second), Totals(*totals)) for first, second, *totals in rows)


@contextmanager
def counting(assignment_id: int, *, adaptive: bool = True) -> Iterator[None]:
    """Keep the tallies right around a change of this assignment's answers or place; its comparison must be locked.

    Args:
        adaptive: False saves the queries; only if the study was read after locking and is not adaptive.
    """
    before = _score_of(assignment_id) if adaptive else None
    yield
    if adaptive:
        _move(assignment_id, before, _score_of(assignment_id))


def _score_of(assignment_id: int) -> PairScore | None:
    """Return what this assignment adds unless its annotator is excluded."""
    study = Study.objects.filter(comparisons__assignments=assignment_id)
    answers = _answers(Criterion.objects.filter(study__in=study)).filter(assignment=assignment_id)
    answer = answers.values_list("outcome", *SYSTEMS).first()
    return answer and _pair_score(*answer)


def _answers(criteria: QuerySet[Criterion]) -> JudgementQuerySet:
    """Answers to the first of these questions, in held places, to pairs for rating."""
    first = criteria.order_by("position").values("pk")[:1]
    return Judgement.objects.held().for_rating().filter(criterion=Subquery(first)).order_by()


def _pair_score(outcome: str, system_a: int, system_b: int) -> PairScore:
    score = SCORES[outcome]
    return PairScore(pair_of(system_a, system_b), score if system_a < system_b else 1 - score)


def _move(assignment_id: int, before: PairScore | None, after: PairScore | None) -> None:
    if before == after or (score := before or after) is None:
        return
    study = Study.objects.filter(comparisons__assignments=assignment_id)
    tally = _locked_tally(study, score.pair) or _missing_tally(study, score.pair)
    if tally is None:
        return  # not adaptive
    excluded = Annotator.objects.excluded().filter(assignments=assignment_id)
    added, removed = _totals(after), _totals(before)
    PairTally.objects.filter(~Exists(excluded), pk=tally).update(
        votes=F("votes") + added.votes - removed.votes,
        score_sum=F("score_sum") + added.score_sum - removed.score_sum,
        score_squares=F("score_squares") + added.score_squares - removed.score_squares,
    )


def _locked_tally(study: QuerySet[Study], pair: SystemPair) -> int | None:
    # Ordered by its own key: in the model's order the query would join the study and lock its row as well.
    tallies = PairTally.objects.select_for_update(of=("self",)).order_by("pk")
    of_pair = tallies.filter(study__in=study, system_1=pair[0], system_2=pair[1])
    return of_pair.values_list("pk", flat=True).first()


def _missing_tally(study: QuerySet[Study], pair: SystemPair) -> int | None:
    """Add a tally of no votes and lock it, if the study is adaptive; or lock the one that came meanwhile."""
    (study_id,) = study.values_list("pk", flat=True)
    pass_gate(GATE, study_id, close=False)
    if not Study.objects.filter(pk=study_id, sampling=Sampling.ADAPTIVE).exists():
        return None
    added = PairTally(study_id=study_id, system_1_id=pair[0], system_2_id=pair[1])
    PairTally.objects.bulk_create([added], ignore_conflicts=True)
    return _locked_tally(study, pair)


def _totals(score: PairScore | None) -> Totals:
    return Totals() if score is None else Totals(1, score.score, score.score**2)


@transaction.atomic
def sampling_changed(study: Study) -> None:
    """Start or stop the tallies after the study's sampling was changed; call it in that transaction."""
    # Votes under way hold their comparison and may have read the study before the change; later ones read it after.
    list(study.comparisons.select_for_update().order_by("pk").values_list("pk", flat=True))
    recount_pairs(study)


@transaction.atomic
def recount_pairs(study: Study) -> None:
    """Recount all votes of a study that became adaptive, or whose annotators were excluded or included again.

    Votes wait meanwhile, so that all tallies are of the same moment.
    """
    adaptive = Study.objects.select_for_update(no_key=True).get(pk=study.pk).sampling == Sampling.ADAPTIVE
    if not adaptive:
        study.pair_tallies.all().delete()
        return
    pass_gate(GATE, study.pk, close=True)
    columns = ("pk", "system_1_id", "system_2_id", *Totals._fields)
    tallies = list(study.pair_tallies.select_for_update().order_by("pk").values_list(*columns))
    by_pair = tallies_from_votes(study)
    # Most tallies are right: only what is wrong is written.
    wrong = []
    for pk, first, second, *totals in tallies:
        counted = by_pair.pop((first, second), Totals())
        if counted != tuple(totals):
            wrong.append(PairTally(pk=pk, **counted._asdict()))
    PairTally.objects.bulk_update(wrong, Totals._fields, batch_size=500)
    missing = (
        PairTally(study=study, system_1_id=first, system_2_id=second, **counted._asdict())
        for (first, second), counted in sorted(by_pair.items())
    )
    PairTally.objects.bulk_create(missing, batch_size=500)


def tallies_from_votes(study: Study) -> dict[SystemPair, Totals]:
    """Add up the votes themselves by pair; pairs without votes are missing."""
    votes = _answers(study.criteria.all()).by_included()
    totals: dict[SystemPair, Totals] = {}
    for outcome, system_a, system_b, n in votes.values_list("outcome", *SYSTEMS).annotate(n=Count("pk")):
        pair, score = _pair_score(outcome, system_a, system_b)
        so_far = totals.get(pair, Totals())
        totals[pair] = Totals(so_far.votes + n, so_far.score_sum + n * score, so_far.score_squares + n * score**2)
    return totals
