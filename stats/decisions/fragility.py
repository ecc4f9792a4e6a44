"""How little has to go for the top of a board to change: votes, one annotator, one document; checked by refits."""

from dataclasses import dataclass, replace

import numpy as np

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import FloatArray, IntArray, VoteArrays
from stats.votes.graphs import connected_parts
from stats.votes.tallies import Draws, units

# Pairs (one in the top, one below) whose votes are looked at, those with the smallest gaps for their number of votes,
# and how many of these, that seem to need the fewest votes, are tried by refits.
PAIRS_COUNTED = 20
PAIRS_TRIED = 5
UNITS_AT_ONCE = 512


@dataclass(frozen=True)
class Removal:
    """votes: index of the votes without which `up` passes `down`; as few as were found, fewer might do it too.

    share: of all votes. Verified: a refit without them has `up` above `down`.
    """

    votes: IntArray
    share: float
    down: int
    up: int


@dataclass(frozen=True)
class LeftOut:
    """What leaving out one unit (annotator or document) does, by refits; NaN where the rest says nothing.

    lower, upper: by system, the lowest and the highest strength, in log-odds with mean zero. changes: units without
    which the set of the top k is another. undecided: units without which the votes do not connect all systems.
    units: those left out in turn. strengths: with all of them. without: shape (n_units, n_systems).
    """

    units: IntArray
    strengths: FloatArray
    without: FloatArray
    lower: FloatArray
    upper: FloatArray
    changes: IntArray
    undecided: IntArray

    def changes_of(self, k: int) -> IntArray:
        """As `changes`, for another k."""
        before = set(top(self.strengths, k).tolist())
        decided = np.flatnonzero(~np.isnan(self.without).any(axis=1)).tolist()
        other = [i for i in decided if set(top(self.without[i], k).tolist()) != before]
        return self.units[np.array(other, dtype=np.int64)]


def top(strengths: FloatArray, k: int) -> IntArray:
    """The k strongest systems, strongest first; of equals the one with the lower number."""
    return np.argsort(-strengths, kind="stable")[:k]


def fewest_votes(votes: VoteArrays, *, k: int = 1, most: float = 0.1) -> Removal | None:
    """Few votes whose removal puts another system into the top k; None if no more than the share `most` is found to do.

    For every pair of a system in the top and one below, votes are ordered by how much removing each alone would narrow
    the gap (by one Newton step), and the first so many are removed. A refit tells whether that was enough; if not, more
    are taken, and of those that are enough fewer are tried. The smallest set is not guaranteed: an upper bound.

    Args:
        votes: Votes that connect all their systems, more than k.
    Source:
        Huang, Shen, Wei and Broderick (2025), Dropping just a handful of preferences can change top large language
        model rankings, arXiv 2508.11847; after Broderick, Giordano and Meager (2020), arXiv 2011.14999.
    """
    wins = votes.wins()
    narrowing = _Narrowing.of(votes, fit_bradley_terry(wins))
    order = top(narrowing.strengths, votes.n_systems)
    pairs = sorted(((i, j) for i in order[:k].tolist() for j in order[k:].tolist()), key=narrowing.distance)
    needed = sorted((narrowing.needed(i, j), i, j) for i, j in pairs[:PAIRS_COUNTED])
    best: Removal | None = None
    limit = int(most * len(votes))
    for count, i, j in needed[:PAIRS_TRIED]:
        if count > limit:
            break
        most_now = limit if best is None else len(best.votes) - 1
        found = _smallest(votes, wins, narrowing.order(i, j), (i, j), count, most_now)
        if found is not None:
            best = Removal(np.sort(found), len(found) / len(votes), down=i, up=j)
    return best


@dataclass(frozen=True)
class _Narrowing:
    """What removing single votes does to the gap of two systems, by Newton steps from the strengths of all votes."""

    votes: VoteArrays
    strengths: FloatArray
    inverse: FloatArray
    pull: FloatArray

    @classmethod
    def of(cls, votes: VoteArrays, strengths: FloatArray) -> "_Narrowing":
        inverse = bread(votes.wins(), strengths)
        a, b = votes.system_a, votes.system_b
        chance = 0.5 + 0.5 * np.tanh((strengths[a] - strengths[b]) / 2)
        # The vote's own share in the curvature goes with it: 1 / (1 - leverage).
        spread = inverse[a, a] + inverse[b, b] - 2 * inverse[a, b]
        leverage = np.minimum(votes.weights * chance * (1 - chance) * spread, 0.999)
        return cls(votes, strengths, inverse, votes.weights * (votes.a_share - chance) / (1 - leverage))

    def distance(self, pair: tuple[int, int]) -> float:
        """Gap over what a vote between the two moves it: tells without a look at the votes which pairs are near."""
        i, j = pair
        spread = self.inverse[i, i] + self.inverse[j, j] - 2 * self.inverse[i, j]
        return float((self.strengths[i] - self.strengths[j]) / max(spread, 1e-12))

    def by_vote(self, i: int, j: int) -> FloatArray:
        """How much removing each vote alone narrows strengths[i] - strengths[j]."""
        reach = self.inverse[i] - self.inverse[j]
        narrowed: FloatArray = self.pull * (reach[self.votes.system_a] - reach[self.votes.system_b])
        return narrowed

    def order(self, i: int, j: int) -> IntArray:
        return np.argsort(-self.by_vote(i, j), kind="stable")

    def needed(self, i: int, j: int) -> int:
        """How many votes the steps, added up, need to close the gap; more than there are if they never do."""
        narrowed = np.sort(self.by_vote(i, j))[::-1]
        enough = np.cumsum(np.maximum(narrowed, 0)) > self.strengths[i] - self.strengths[j]
        return int(enough.argmax()) + 1 if enough.any() else len(narrowed) + 1


def _smallest(
    votes: VoteArrays, wins: FloatArray, order: IntArray, pair: tuple[int, int], guess: int, most: int
) -> IntArray | None:
    """The shortest beginning of the order that turns the pair around, among those tried; None if none up to `most`."""
    low, high = 0, min(guess, most)
    while high > low and not _turned(votes, wins, order[:high], pair):
        low, high = high, min(most, high + max(1, high // 2))
    if high <= low:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _turned(votes, wins, order[:middle], pair):
            high = middle
        else:
            low = middle
    return order[:high]


def _turned(votes: VoteArrays, wins: FloatArray, removed: IntArray, pair: tuple[int, int]) -> bool:
    # Weights leave rounding errors where all votes of a pair are gone.
    left = wins - votes.take(removed).wins()
    left[left < 1e-9] = 0
    if len(connected_parts(left + left.T > 0)) > 1:
        return False
    strengths = fit_bradley_terry(left)
    return bool(strengths[pair[1]] > strengths[pair[0]])


def leave_one_annotator_out(votes: VoteArrays, *, k: int = 1, chosen: IntArray | None = None) -> LeftOut:
    """Refits without each annotator in turn, or each of those chosen; numbered from 0 without gaps."""
    return _leave_out(votes, _everyone(votes.annotator, chosen), k, by_document=False)


def leave_one_document_out(votes: VoteArrays, *, k: int = 1, chosen: IntArray | None = None) -> LeftOut:
    """Refits without each document in turn, or each of those chosen; numbered from 0 without gaps."""
    return _leave_out(votes, _everyone(votes.document, chosen), k, by_document=True)


def _everyone(index: IntArray, chosen: IntArray | None) -> IntArray:
    return np.arange(units(index)) if chosen is None else chosen


def _leave_out(votes: VoteArrays, chosen: IntArray, k: int, *, by_document: bool) -> LeftOut:
    strengths = fit_bradley_terry(votes.wins())
    size = UNITS_AT_ONCE
    parts = [_without(votes, strengths, chosen[i : i + size], by_document) for i in range(0, len(chosen), size)]
    without = np.concatenate([np.empty((0, votes.n_systems)), *parts])
    # A bound over nothing stays undefined, without numpy's warning.
    known = ~np.isnan(without).all(axis=0)
    lower, upper = np.full((2, votes.n_systems), np.nan)
    lower[known], upper[known] = np.nanmin(without[:, known], axis=0), np.nanmax(without[:, known], axis=0)
    undecided = chosen[np.isnan(without).any(axis=1)]
    found = LeftOut(chosen, strengths, without, lower, upper, np.empty(0, dtype=np.int64), undecided)
    return replace(found, changes=found.changes_of(k))


def _without(votes: VoteArrays, strengths: FloatArray, chosen: IntArray, by_document: bool) -> FloatArray:
    documents, annotators = (np.ones((len(chosen), units(index))) for index in (votes.document, votes.annotator))
    (documents if by_document else annotators)[np.arange(len(chosen)), chosen] = 0
    return bootstrap_strengths(votes, strengths, Draws(documents, annotators))
