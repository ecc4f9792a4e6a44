"""Count votes by pair of systems and result, once and in every resample of documents and annotators.

Three results are kept apart (first won, second won, tied), so that every treatment of ties and every fit starts from
the same counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from stats.votes.arrays import BoolArray, FloatArray, IntArray, OutcomeCode, VoteArrays, stretches

RESULTS = 3  # first won, second won, tied
# Cells per block: with some dozen resamples a block fits a core's cache.
CELLS_AT_ONCE = 2048
# Integers below this are exact in single precision, which is twice as fast.
EXACT_IN_FLOAT32 = 2**24

Counts = NDArray[np.floating]
SmallIntArray = NDArray[np.int32]
Integers = NDArray[np.integer]


@dataclass(frozen=True)
class Draws:
    """Hold how often each unit was drawn in each of r resamples.

    Attributes:
        documents: Shape (r, n_documents).
        annotators: Shape (r, n_annotators).
    """

    documents: FloatArray
    annotators: FloatArray

    def __len__(self) -> int:
        return len(self.documents)

    def part(self, begin: int, end: int) -> Draws:
        """Keep the resamples from begin up to end."""
        return Draws(self.documents[begin:end], self.annotators[begin:end])


@dataclass(frozen=True)
class Cells:
    """Hold the sum of weights for each pair, result, document and annotator that has votes, sorted in that order.

    Attributes:
        first, second: Systems of each pair, first < second, shape (n_pairs,).
        group: pair * 3 + result of each cell, shape (n_cells,), in rising order.
        document, annotator: Index of each cell's document and annotator, shape (n_cells,).
        weight: Sum of weights in each cell, shape (n_cells,); the number of votes where they have none.
        n_systems: Number of systems, with or without votes.
    """

    first: IntArray
    second: IntArray
    group: SmallIntArray
    document: SmallIntArray
    annotator: SmallIntArray
    weight: Counts
    n_systems: int

    @property
    def n_groups(self) -> int:
        """Count the groups: each pair has one for every result."""
        return len(self.first) * RESULTS

    @cached_property
    def whole(self) -> bool:
        """Tell whether all weights are integers."""
        return not any((self.weight[part] % 1).any() for part in stretches(len(self.weight)))

    @cached_property
    def totals(self) -> FloatArray:
        """Sum the weights of each group, shape (n_groups,)."""
        total = np.zeros(self.n_groups)
        for part in stretches(len(self.group)):
            total += np.bincount(self.group[part], weights=self.weight[part], minlength=self.n_groups)
        return total

    @property
    def games(self) -> FloatArray:
        """Sum the weights of each pair, shape (n_pairs,)."""
        return np.asarray(self.totals.reshape(-1, RESULTS).sum(axis=1))

    @cached_property
    def blocks(self) -> list[Block]:
        """Cut the cells into blocks of at most CELLS_AT_ONCE."""
        return list(_blocks(self))


@dataclass(frozen=True)
class Block:
    """Hold consecutive cells, with the matrix that sums their values by group.

    Attributes:
        cells: Positions of the cells.
        groups: Groups that occur in the block, shape (n,).
        sums: Weights of the cells, shape (n, cells); times a value by cell it gives weighted sums by group.
    """

    cells: slice
    groups: SmallIntArray
    sums: scipy.sparse.csr_array


@dataclass(frozen=True)
class Tallies:
    """Hold counts by pair and resample.

    Attributes:
        first, second: Systems of each pair, as in Cells, shape (n_pairs,).
        first_wins, second_wins, ties: Sums of weights, shape (n_pairs, r).
        n_systems: Number of systems, with or without votes.
    """

    first: IntArray
    second: IntArray
    first_wins: Counts
    second_wins: Counts
    ties: Counts
    n_systems: int

    def half_wins(self) -> FloatArray:
        """Sum the wins of the first, a tie counting one half; shape (n_pairs, r)."""
        return self.first_wins + 0.5 * self.ties.astype(np.float64)

    def games(self) -> FloatArray:
        """Sum wins and ties of each pair; shape (n_pairs, r)."""
        return self.half_wins() + self.second_wins + 0.5 * self.ties.astype(np.float64)

    def wins_matrices(self, *, tie_share: float = 0.5) -> FloatArray:
        """Give how often i beat j at [:, i, j], plus this share of their ties; shape (r, n, n)."""
        ties = tie_share * self.ties.astype(np.float64)
        return self._matrices(self.first_wins + ties, self.second_wins + ties)

    def tie_matrices(self) -> FloatArray:
        """Give how often i and j tied; symmetric, shape (r, n, n)."""
        return self._matrices(self.ties, self.ties)

    def _matrices(self, forward: Counts, backward: Counts) -> FloatArray:
        """Spread counts by pair over matrices of systems: forward at [:, first, second], backward at the mirror."""
        matrices = np.zeros((forward.shape[1], self.n_systems, self.n_systems))
        matrices[:, self.first, self.second] = forward.T
        matrices[:, self.second, self.first] = backward.T
        return matrices

    def take(self, chosen: IntArray) -> Tallies:
        """Keep only the chosen resamples."""
        kept = (self.first_wins[:, chosen], self.second_wins[:, chosen], self.ties[:, chosen])
        return Tallies(self.first, self.second, *kept, self.n_systems)


def aggregate(votes: VoteArrays) -> Cells:
    """Sum votes into cells; documents and annotators are numbered from 0, best without gaps."""
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    cells, weight = _summed(_keys(votes, n_documents, n_annotators), votes.weight)
    group, document, annotator = np.empty((3, len(cells)), dtype=np.int32)
    for part in stretches(len(cells)):
        group[part], unit = _divided(cells[part], n_documents * n_annotators)
        document[part], annotator[part] = _divided(unit, n_annotators)
    del cells
    pair = group // RESULTS
    group -= pair * RESULTS
    pairs = pair[_firsts(pair)]
    first, second = np.divmod(pairs.astype(np.int64), votes.n_systems)
    new_index = np.zeros(int(pairs.max(initial=0)) + 1, dtype=np.int32)
    new_index[pairs] = np.arange(len(pairs))
    group += new_index[pair] * RESULTS
    return Cells(first, second, group, document, annotator, weight, votes.n_systems)


def _divided(values: Integers, by: int) -> tuple[Integers, Integers]:
    """Give quotients and remainders, in half the time of np.divmod."""
    quotient = values // by
    return quotient, values - quotient * by


def _keys(votes: VoteArrays, n_documents: int, n_annotators: int) -> IntArray:
    """Number the cell of each vote."""
    keys = np.empty(len(votes), dtype=np.int64)
    for part in stretches(len(votes)):
        group = _group(votes, part)
        keys[part] = (group * n_documents + votes.document[part]) * n_annotators + votes.annotator[part]
    return keys


def _summed(keys: IntArray, weight: FloatArray | None) -> tuple[IntArray, Counts]:
    """Give the distinct keys in rising order, with the number of votes or the sum of weights of each."""
    # np.unique would need several times as much memory.
    order = None if weight is None else np.argsort(keys, kind="stable")
    if order is None:
        keys.sort()
    else:
        keys = keys[order]
    first = _firsts(keys)
    if weight is not None and order is not None:
        return keys[first], _sums(first, weight, order)
    if first.all():
        return keys, np.ones(len(keys), dtype=np.float32)
    times = np.diff(np.flatnonzero(first), append=len(keys))
    return keys[first], times.astype(np.float32 if times.max() < EXACT_IN_FLOAT32 else np.float64)


def _firsts(values: Integers) -> BoolArray:
    """Mark each value that differs from the one before it."""
    first = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def _sums(first: BoolArray, weight: FloatArray, order: IntArray) -> FloatArray:
    """Sum weights, taken in this order, from each position marked as first up to the next."""
    run = np.cumsum(first, dtype=np.int32) - 1
    sums = np.zeros(int(first.sum()))
    for part in stretches(len(order)):
        np.add.at(sums, run[part], weight[order[part]])
    return sums


def units(index: IntArray) -> int:
    """Count the units of an index: its largest number + 1, 0 if it is empty."""
    return int(index.max()) + 1 if index.size else 0


def _group(votes: VoteArrays, part: slice) -> IntArray:
    """Number the pair and the result of some votes."""
    a, b, outcome = (column[part].astype(np.int64) for column in (votes.system_a, votes.system_b, votes.outcome))
    first, second = np.minimum(a, b), np.maximum(a, b)
    first_won = (outcome == OutcomeCode.A) == (a == first)
    result = np.where(outcome >= OutcomeCode.TIE, 2, np.where(first_won, 0, 1))
    group: IntArray = (first * votes.n_systems + second) * RESULTS + result
    return group


def resampled_tallies(cells: Cells, draws: Draws) -> Tallies:
    """Count votes in every resample, each as often as its document was drawn times as often as its annotator was.

    Returns:
        Tallies in single precision where every sum is an integer that single precision holds exactly, else in double.
    """
    number = _precision(cells, draws)
    documents, annotators = (np.ascontiguousarray(m.T, dtype=number) for m in (draws.documents, draws.annotators))
    totals = np.zeros((cells.n_groups, len(draws)), dtype=number)
    document_buffer, annotator_buffer = np.empty((2, min(CELLS_AT_ONCE, len(cells.group)), len(draws)), dtype=number)
    for block in cells.blocks:
        size = block.cells.stop - block.cells.start
        times, annotator_times = document_buffer[:size], annotator_buffer[:size]
        # mode="clip" spares a copy; aggregate made the indexes, so nothing is ever clipped.
        np.take(documents, cells.document[block.cells], axis=0, out=times, mode="clip")
        np.take(annotators, cells.annotator[block.cells], axis=0, out=annotator_times, mode="clip")
        times *= annotator_times
        totals[block.groups] += block.sums.astype(number, copy=False) @ times
    by_result = totals.reshape(-1, RESULTS, len(draws))
    return Tallies(cells.first, cells.second, by_result[:, 0], by_result[:, 1], by_result[:, 2], cells.n_systems)


def _blocks(cells: Cells) -> Iterator[Block]:
    """Cut the cells into blocks, each with the matrix that sums it by group."""
    # Single precision if it holds the weights; resampled_tallies decides whether it also holds their sums.
    number = np.float32 if cells.whole and cells.weight.max(initial=0) < EXACT_IN_FLOAT32 else np.float64
    # All blocks share these arrays; none holds a copy.
    weight, column = cells.weight.astype(number, copy=False), np.arange(CELLS_AT_ONCE, dtype=np.int32)
    for part in stretches(len(cells.group), CELLS_AT_ONCE):
        group, size = cells.group[part], part.stop - part.start
        starts = np.flatnonzero(_firsts(group))
        ends = np.empty(len(starts) + 1, dtype=np.int32)
        ends[:-1], ends[-1] = starts, size
        sums = scipy.sparse.csr_array((weight[part], column[:size], ends), shape=(len(starts), size))
        yield Block(part, group[starts], sums)


def _precision(cells: Cells, draws: Draws) -> type[np.floating]:
    """Choose single precision if it holds every resampled sum exactly, else double."""
    if not cells.group.size or not cells.whole:
        return np.float64
    drawn = float(draws.documents.max()) * float(draws.annotators.max())
    return np.float32 if cells.totals.max() * drawn < EXACT_IN_FLOAT32 else np.float64
