"""Rate with the first votes of a replay, drawn and helped in several ways: how wide are intervals, what is decided?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.replays.reading import Evaluation
from stats.decisions.sampling import PairMoments, draw_pair, pair_probabilities, smoothed_variance
from stats.judges.directing import directed, uncertainty
from stats.judges.helped import helped_ratings
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import Precision, precision
from stats.votes.arrays import A_SHARE, BoolArray, FloatArray, IntArray, VoteArrays
from stats.votes.graphs import connected_parts

# What a judge says counts towards uncertainty as a chance between 0.1 and 0.9.
SURE = 0.8


@dataclass(frozen=True)
class Reading:
    """What a board reads off some votes: their number, the mean width over differences, pairs told apart rightly."""

    votes: float
    width: float
    decided: float


@dataclass(frozen=True)
class Drawn:
    """Votes by position among all, in the order they come, with the chances of their items or None."""

    vote: IntArray
    chance: FloatArray | None = None


def as_arrays(data: Evaluation, drawn: Drawn) -> VoteArrays:
    """Give drawn votes as arrays of systems."""
    votes, items = data.votes.take(drawn.vote), data.items
    columns = (items.system_a[votes.item], items.system_b[votes.item], votes.outcome, items.document[votes.item])
    weight = None if drawn.chance is None else (1 / drawn.chance) / (1 / drawn.chance).mean()
    return VoteArrays(*columns, votes.annotator, len(data.systems), weight)


def by_document(data: Evaluation, rng: np.random.Generator) -> Drawn:
    """Draw documents at random, and all their pairs, each by one of its people; then again by the next."""
    passes = _passes(data, rng)
    order = rng.permutation(int(data.items.document.max()) + 1)
    within = rng.random(len(data.items))
    ranked = np.lexsort((within, order[data.items.document]))
    return Drawn(np.concatenate([turn[ranked][turn[ranked] >= 0] for turn in passes]))


def scattered(data: Evaluation, rng: np.random.Generator) -> Drawn:
    """Draw pairs at random over all documents, each by one of its people; then again by the next."""
    order = rng.permutation(len(data.items))
    return Drawn(np.concatenate([turn[order][turn[order] >= 0] for turn in _passes(data, rng)]))


def adaptive(data: Evaluation, rng: np.random.Generator, most: int) -> Drawn:
    """Draw the pair of systems by the rule of adaptive studies, and one of its votes at random."""
    n = len(data.systems)
    item = data.votes.item
    pair = data.items.system_a[item] * n + data.items.system_b[item]
    kinds, kind = np.unique(pair, return_inverse=True)
    left = [rng.permutation(np.flatnonzero(kind == k)).tolist() for k in range(len(kinds))]
    share = A_SHARE[data.votes.outcome]
    counts, sums, squares = np.zeros(len(kinds), dtype=np.int64), np.zeros(len(kinds)), np.zeros(len(kinds))
    chosen: list[int] = []
    while len(chosen) < most and any(left):
        available: BoolArray = np.array([bool(rest) for rest in left])
        moments = PairMoments(counts, smoothed_variance(counts, sums, squares))
        k = draw_pair(pair_probabilities(moments, available), rng).pair
        chosen.append(left[k].pop())
        counts[k] += 1
        sums[k] += share[chosen[-1]]
        squares[k] += share[chosen[-1]] ** 2
    return Drawn(np.array(chosen, dtype=np.int64))


def looked_for(data: Evaluation, shares: FloatArray, budget: int, rng: np.random.Generator) -> Drawn:
    """Draw as many documents as make about this number of votes, where judges are unsure or disagree."""
    documents = int(data.items.document.max()) + 1
    told = np.where(
        np.isnan(shares).all(axis=1), 0.5, np.nanmean(np.column_stack([shares, np.full(len(shares), 0.5)]), axis=1)
    )
    unsure = uncertainty(0.5 + SURE * (told - 0.5), shares)
    count = min(documents, max(2, round(budget * documents / len(data.items))))
    look = directed(data.items, unsure, count, rng)
    chance = np.zeros(len(data.items))
    chance[look.item] = look.chance
    turn = _passes(data, rng)[0]
    vote = turn[look.item][turn[look.item] >= 0]
    return Drawn(vote, chance[data.votes.item[vote]])


def _passes(data: Evaluation, rng: np.random.Generator) -> list[IntArray]:
    """Deal the votes on each item into turns at random: position of the item's vote by turn, -1 for none."""
    order = rng.permutation(len(data.votes))
    item = data.votes.item[order]
    ranked = np.argsort(item, kind="stable")
    starts = np.searchsorted(item[ranked], np.arange(len(data.items)))
    turn = np.empty(len(order), dtype=np.int64)
    turn[ranked] = np.arange(len(order)) - starts[item[ranked]]
    passes = np.full((int(turn.max()) + 1, len(data.items)), -1, dtype=np.int64)
    passes[turn, item] = order
    return list(passes)


def alone(data: Evaluation, drawn: Drawn, truth: FloatArray) -> Reading | None:
    """Read a board of people's votes alone."""
    votes = as_arrays(data, drawn)
    if not _connected(votes):
        return None
    strengths = fit_bradley_terry(votes.wins())
    return _read(votes, strengths, precision(votes, strengths), truth)


def with_help(predictors: FloatArray, judges: BoolArray) -> Callable[[Evaluation, Drawn, FloatArray], Reading | None]:
    """Make a reading of a board helped by these predictors, of which some are judges."""

    def read(data: Evaluation, drawn: Drawn, truth: FloatArray) -> Reading | None:
        votes = as_arrays(data, drawn)
        if not _connected(votes):
            return None
        item = data.votes.item[drawn.vote]
        found = helped_ratings(votes, item, data.items, predictors, seed=1, judges=judges)
        wider = found.precision.reach().mean() >= found.alone.reach().mean()
        strengths, sure = (found.classical, found.alone) if wider else (found.moved, found.precision)
        return _read(votes, strengths, sure, truth)

    return read


def _read(votes: VoteArrays, strengths: FloatArray, sure: Precision, truth: FloatArray) -> Reading:
    first, second = np.triu_indices(len(strengths), 1)
    gap, reach = strengths[first] - strengths[second], sure.reach()[first, second]
    right = np.sign(gap) == np.sign(truth[first] - truth[second])
    return Reading(len(votes), float(2 * reach.mean()), float(((np.abs(gap) > reach) & right).mean()))


def _connected(votes: VoteArrays) -> bool:
    wins = votes.wins()
    several = len(np.unique(votes.document)) > 1
    return several and len(connected_parts(wins + wins.T > 0)) == 1
