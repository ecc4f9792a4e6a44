"""Find how little must be removed to change the top of a board: votes, one annotator, or one document."""

from dataclasses import dataclass, replace

import numpy as np

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import FloatArray, IntArray, VoteArrays
from stats.votes.graphs import connected_parts
from stats.votes.tallies import Draws, units

# The search looks at the votes of this many pairs (one system in the top, one below), those with the smallest gaps for
# their number of votes. Refits try those of them that seem to need the fewest votes.
PAIRS_COUNTED = 20
PAIRS_TRIED = 5
UNITS_AT_ONCE = 512
# Log-odds. Fits leave rounding errors between equals, and equals have not changed places.
TIED = 1e-7


@dataclass(frozen=True)
class Removal:
    """Hold votes whose removal puts `up` above `down`, as a refit has verified.

    Attributes:
        votes: Index of the votes, the fewest that were found; even fewer may be enough.
        share: Their share of all votes.
        down, up: Index of the system that leaves the top, and of the one that enters it.
    """

    votes: IntArray
    share: float
    down: int
    up: int


@dataclass(frozen=True)
class LeftOut:
    """Hold what leaving out each unit (annotator or document) does, by refits; strengths in log-odds with mean zero.

    Attributes:
        units: Units that were left out in turn, shape (n_units,).
        strengths: Strengths from all votes, shape (n_systems,).
        without: Strengths without each unit, shape (n_units, n_systems); NaN where the other votes say nothing.
        lower, upper: Lowest and highest strength of each system, shape (n_systems,).
        changes: Units without which the top k are other systems.
        undecided: Units without which the votes do not connect all systems.
    """

    units: IntArray
    strengths: FloatArray
    without: FloatArray
    lower: FloatArray
    upper: FloatArray
    changes: IntArray
    undecided: IntArray

    def changes_of(self, k: int) -> IntArray:
        """List the units without which the top k are other systems, for any k."""
        before = set(top(self.strengths, k).tolist())
        decided = np.flatnonzero(~np.isnan(self.without).any(axis=1)).tolist()
        changing = [i for i in decided if set(top(self.without[i], k).tolist()) != before]
        return self.units[np.array(changing, dtype=np.int64)]


def top(strengths: FloatArray, k: int) -> IntArray:
    """List the k strongest systems, strongest first; among equals the one with the lower index comes first."""
    return np.argsort(-np.round(strengths / TIED), kind="stable")[:k]


def fewest_votes(votes: VoteArrays, *, k: int = 1, most: float = 0.1) -> Removal | None:
    """Search for the fewest votes whose removal puts another system into the top k.

    For each pair of a system in the top and one below, votes are ordered by how much removing each alone would narrow
    the gap (by one Newton step), and the first ones are removed. A refit tells whether they were enough; if not, more
    are removed, and once they are enough, fewer are tried. The result is an upper bound: the smallest set may be
    smaller.

    Args:
        votes: Votes that connect all their systems, of which there are more than k.
        k: Size of the top.
        most: Largest share of the votes to remove.
    Returns:
        The smallest removal found; None if none of at most this share was found.
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
        removed = _smallest(votes, wins, narrowing.order(i, j), (i, j), count, most_now)
        if removed is not None:
            best = Removal(np.sort(removed), len(removed) / len(votes), down=i, up=j)
    return best


@dataclass(frozen=True)
class _Narrowing:
    """Predict what removing single votes does to the gap of two systems, by Newton steps from the full fit.

    Attributes:
        votes: All votes.
        strengths: Their strengths, in log-odds, shape (n_systems,).
        inverse: Inverse Hessian, shape (n_systems, n_systems).
        pull: How hard each vote pulls its systems apart, corrected for its leverage, shape (n_votes,).
    """

    votes: VoteArrays
    strengths: FloatArray
    inverse: FloatArray
    pull: FloatArray

    @classmethod
    def of(cls, votes: VoteArrays, strengths: FloatArray) -> "_Narrowing":
        """Prepare the steps from a fit of all votes."""
        inverse = bread(votes.wins(), strengths)
        a, b = votes.system_a, votes.system_b
        chance = 0.5 + 0.5 * np.tanh((strengths[a] - strengths[b]) / 2)
        # Removing a vote also removes its share of the curvature: 1 / (1 - leverage).
        spread = inverse[a, a] + inverse[b, b] - 2 * inverse[a, b]
        leverage = np.minimum(votes.weights * chance * (1 - chance) * spread, 0.999)
        return cls(votes, strengths, inverse, votes.weights * (votes.a_share - chance) / (1 - leverage))

    def distance(self, pair: tuple[int, int]) -> float:
        """Divide the gap by what one vote between the two moves; finds near pairs without a pass over the votes."""
        i, j = pair
        spread = self.inverse[i, i] + self.inverse[j, j] - 2 * self.inverse[i, j]
        return float((self.strengths[i] - self.strengths[j]) / max(spread, 1e-12))

    def by_vote(self, i: int, j: int) -> FloatArray:
        """Predict how much removing each vote alone narrows strengths[i] - strengths[j], shape (n_votes,)."""
        reach = self.inverse[i] - self.inverse[j]
        narrowed: FloatArray = self.pull * (reach[self.votes.system_a] - reach[self.votes.system_b])
        return narrowed

    def order(self, i: int, j: int) -> IntArray:
        """Order the votes by how much their removal narrows the gap, most first."""
        return np.argsort(-self.by_vote(i, j), kind="stable")

    def needed(self, i: int, j: int) -> int:
        """Count the votes whose steps together close the gap; one more than all votes if they never do."""
        narrowed = np.sort(self.by_vote(i, j))[::-1]
        enough = np.cumsum(np.maximum(narrowed, 0)) > self.strengths[i] - self.strengths[j]
        return int(enough.argmax()) + 1 if enough.any() else len(narrowed) + 1


def _smallest(
    votes: VoteArrays, wins: FloatArray, order: IntArray, pair: tuple[int, int], guess: int, most: int
) -> IntArray | None:
    """Find the shortest prefix of the order, of those tried, whose removal reverses the pair; None if none does.

    Args:
        order: Votes in the order of removal.
        pair: The system above and the one below.
        guess: Length of the first prefix to try.
        most: Length of the longest.
    """
    low, high = 0, min(guess, most)
    while high > low and not _reversed(votes, wins, order[:high], pair):
        low, high = high, min(most, high + max(1, high // 2))
    if high <= low:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _reversed(votes, wins, order[:middle], pair):
            high = middle
        else:
            low = middle
    return order[:high]


def _reversed(votes: VoteArrays, wins: FloatArray, removed: IntArray, pair: tuple[int, int]) -> bool:
    """Tell by a refit whether the pair changes places without these votes."""
    remaining = wins - votes.take(removed).wins()
    # Weights leave rounding errors where all votes of a pair are removed.
    remaining[remaining < 1e-9] = 0
    if len(connected_parts(remaining + remaining.T > 0)) > 1:
        return False
    strengths = fit_bradley_terry(remaining)
    return bool(strengths[pair[1]] - strengths[pair[0]] > TIED)


def leave_one_annotator_out(votes: VoteArrays, *, k: int = 1, chosen: IntArray | None = None) -> LeftOut:
    """Refit without each annotator in turn.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        k: Size of the top, for `changes`.
        chosen: Annotators to leave out in turn; all of them if None.
    """
    return _leave_out(votes, _all_or_chosen(votes.annotator, chosen), k, by_document=False)


def leave_one_document_out(votes: VoteArrays, *, k: int = 1, chosen: IntArray | None = None) -> LeftOut:
    """Refit without each document in turn; arguments as in leave_one_annotator_out, with documents for annotators."""
    return _leave_out(votes, _all_or_chosen(votes.document, chosen), k, by_document=True)


def _all_or_chosen(index: IntArray, chosen: IntArray | None) -> IntArray:
    """List the chosen units, or all of them."""
    return np.arange(units(index)) if chosen is None else chosen


def _leave_out(votes: VoteArrays, chosen: IntArray, k: int, *, by_document: bool) -> LeftOut:
    """Refit without each chosen document, or annotator, in turn."""
    strengths = fit_bradley_terry(votes.wins())
    size = UNITS_AT_ONCE
    parts = [_without(votes, strengths, chosen[i : i + size], by_document) for i in range(0, len(chosen), size)]
    without = np.concatenate([np.empty((0, votes.n_systems)), *parts])
    # Where all values are NaN the bounds stay NaN; numpy would warn of them.
    defined = ~np.isnan(without).all(axis=0)
    lower, upper = np.full((2, votes.n_systems), np.nan)
    lower[defined], upper[defined] = np.nanmin(without[:, defined], axis=0), np.nanmax(without[:, defined], axis=0)
    undecided = chosen[np.isnan(without).any(axis=1)]
    left_out = LeftOut(chosen, strengths, without, lower, upper, np.empty(0, dtype=np.int64), undecided)
    return replace(left_out, changes=left_out.changes_of(k))


def _without(votes: VoteArrays, strengths: FloatArray, chosen: IntArray, by_document: bool) -> FloatArray:
    """Fit the strengths without each chosen unit, shape (n_chosen, n_systems), as a resample that draws it 0 times."""
    documents, annotators = (np.ones((len(chosen), units(index))) for index in (votes.document, votes.annotator))
    (documents if by_document else annotators)[np.arange(len(chosen)), chosen] = 0
    return bootstrap_strengths(votes, strengths, Draws(documents, annotators))
