"""Chooses which comparison of a document an annotator tries next: in the study's fixed order, or drawn.

A study that draws does so by one of two rules (stats/decisions/sampling.py): the pair in question first, or the pairs
that the votes leave least certain. It draws the pair of systems, then one of the pair's comparisons evenly. The
probability is kept with it, because nobody can compute it later. The comparisons of a directed study were drawn before
the first vote (studies/directing.py), each with its chance.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from annotations.counts.pair_tallies import SystemPair, moments_of_pairs, pair_of
from annotations.models import Comparison, Sampling, Study
from stats.decisions.sampling import draw_pair, pair_probabilities, question_probabilities
from stats.votes.arrays import FloatArray

CANDIDATES = 20


@dataclass(frozen=True)
class CandidatePair:
    """A comparison to try.

    Attributes:
        probability: The chance with which it was drawn; None where the order is fixed.
        drawn_from: From how many comparisons it was drawn; None where the order is fixed.
    """

    comparison_id: int
    probability: float | None = None
    drawn_from: int | None = None


def candidates(
    study: Study, available: QuerySet[Comparison], generator: np.random.Generator | None = None
) -> list[CandidatePair]:
    """Return which of a document's available comparisons to try, best first.

    A study that draws its pairs draws one; if it cannot be taken, draw again from what is left then.
    """
    if study.sampling == Sampling.DIRECTED:
        return _drawn_before(study, available)
    if draws(study):
        return _drawn(study, available, generator or np.random.default_rng())
    rows = available.order_by("shuffle", "pk").values_list("pk", flat=True)
    return [CandidatePair(pk) for pk in rows[:CANDIDATES]]


def draws(study: Study) -> bool:
    """Tell whether the study draws its pairs, with a chance that is stored."""
    return study.sampling in (Sampling.ADAPTIVE, Sampling.DIRECTED) or has_question(study)


def has_question(study: Study) -> bool:
    """Tell whether the study gives most votes to two systems that it names."""
    named = study.small_system_id is not None and study.large_system_id is not None
    return study.sampling == Sampling.QUESTION and named


def in_question(study: Study, available: QuerySet[Comparison]) -> QuerySet[Comparison]:
    """Select the comparisons of the two systems in question."""
    systems = [pk for pk in (study.small_system_id, study.large_system_id) if pk is not None]
    return available.filter(summary_a__run__system_id__in=systems, summary_b__run__system_id__in=systems)


def _drawn_before(study: Study, available: QuerySet[Comparison]) -> list[CandidatePair]:
    rows = list(available.order_by("shuffle", "pk").values_list("pk", "chance")[:CANDIDATES])
    drawn_from = study.comparisons.for_rating().exclude(chance=None).count()
    return [CandidatePair(pk, chance, None if chance is None else drawn_from) for pk, chance in rows]


def _drawn(study: Study, available: QuerySet[Comparison], generator: np.random.Generator) -> list[CandidatePair]:
    rows = available.order_by("pk").values_list("pk", "summary_a__run__system_id", "summary_b__run__system_id")
    by_pair: dict[SystemPair, list[int]] = defaultdict(list)
    for comparison, system_a, system_b in rows:
        by_pair[pair_of(system_a, system_b)].append(comparison)
    if not by_pair:
        return []
    pairs = sorted(by_pair)
    drawn = draw_pair(_probabilities(study, pairs), generator)
    of_pair = by_pair[pairs[drawn.pair]]
    comparison = of_pair[int(generator.integers(len(of_pair)))]
    # Rounding may push the sum of the parts past 1.
    probability = min(1.0, drawn.probability / len(of_pair))
    return [CandidatePair(comparison, probability, sum(map(len, by_pair.values())))]


def _probabilities(study: Study, pairs: list[SystemPair]) -> FloatArray:
    if study.sampling == Sampling.QUESTION:
        asked = pair_of(study.small_system_id or 0, study.large_system_id or 0)
        return question_probabilities(np.array([pair == asked for pair in pairs]), epsilon=study.epsilon)
    every = np.ones(len(pairs), dtype=np.bool_)
    return pair_probabilities(moments_of_pairs(study, pairs), every, epsilon=study.epsilon)
