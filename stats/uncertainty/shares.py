"""Give the share of each document, or annotator, in the votes about every system and every two systems."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import scipy

from stats.votes.arrays import VOTES_AT_ONCE, FloatArray, IntArray, VoteArrays, renumbered, stretches
from stats.votes.tallies import units

# A table of units by systems with up to this many numbers is held in full, 32 MB.
NUMBERS_IN_FULL = 4_000_000
# A number of a sparse product takes as long as so many of a full one.
SPARSE_COST = 20
# A unit that tells less than this about all systems together weighs no more for it.
SMALLEST_SHARE = 1e-12


@dataclass(frozen=True)
class UnitShares:
    """Hold sums over units of their shares; arrays of shape (n, n).

    [i, i] is about system i: the share of a unit is its share of that system's votes. [i, j] is about two systems: a
    unit's share is the mean of its two shares.

    Attributes:
        row: Unit of each vote, numbered without gaps, shape (n_votes,).
        weight: 1 / a unit's mean share over all systems, shape (n_units,): how much its squared sum counts.
        squares: Sum of squared shares; 1 over it is the effective number of units.
        expected: What the weighted squares of units hold of the variance between units, for one of a unit.
        noise: What they hold of the variance of single votes, for one of the estimate.
        freedom: Degrees of freedom of the weighted squares.
    """

    row: IntArray
    weight: FloatArray
    squares: FloatArray
    expected: FloatArray
    noise: FloatArray
    freedom: FloatArray

    @classmethod
    def of(cls, votes: VoteArrays, unit: IntArray, *, features: int = 0) -> UnitShares:
        """Sum the shares of units in the votes.

        An estimate is about the mean of its units' values with their shares w as weights, and a unit's residual sum is
        w times its distance from that mean. The sum of a w^2 d^2 over units, d being these distances and a the weights
        above, is a quadratic form in the units' values; its mean and degrees of freedom follow from the traces of its
        matrix B and of B^2.

        Args:
            votes: Votes of systems that all have some.
            unit: Document or annotator of each vote, any integers from 0.
            features: Parameters beside the systems' strengths that all votes are about.
        Source:
            Satterthwaite (1946), Biometrics Bulletin 2, 110-114. The weights 1 / w make it Henderson's first method
            for variance components, Henderson (1953), Biometrics 9, 226-252.
        """
        row = renumbered(unit)
        table = _table(votes, row)
        if features:
            table = _with_features(votes, row, table, features)
        return cls.of_table(row, table, systems=votes.n_systems)

    @classmethod
    def of_table(cls, row: IntArray, table: FloatArray | scipy.sparse.csr_array, *, systems: int) -> UnitShares:
        """Sum shares that are given.

        Args:
            row: Unit of each vote, numbered without gaps, shape (n_votes,).
            table: Share of each unit, shape (n_units, systems or more); the first columns are of the systems.
            systems: How many.
        """
        weight = systems / np.maximum(np.asarray(table[:, :systems].sum(axis=1)).ravel(), SMALLEST_SHARE)
        power = _Powers(table, weight)
        squares, s = power.sum(2), power.sum(2, times=1)
        vw, v2, v2w, vw2 = power.sum(3, times=1), power.sum(4, times=2), power.sum(5, times=2), power.sum(4, times=1)
        trace = s - 2 * vw + s * squares
        trace_of_square = (
            v2 - 4 * v2w + 2 * s * vw2 + 2 * vw**2 + 2 * v2 * squares - 4 * s * squares * vw + (s * squares) ** 2
        )
        freedom = np.maximum(trace**2 / np.maximum(trace_of_square, 1e-300), 1)
        return cls(row, weight, squares, trace, power.sum(1, times=1) - s, freedom)


def _table(votes: VoteArrays, row: IntArray) -> FloatArray | scipy.sparse.csr_array:
    """Give the share of each unit in each system's votes, shape (n_units, n)."""
    n, size = votes.n_systems, units(row)
    if size * n <= NUMBERS_IN_FULL:
        flat = np.zeros(size * n)
        for part in stretches(len(votes), max(VOTES_AT_ONCE, size * n)):
            weight = None if votes.weight is None else votes.weight[part]
            place = row[part].astype(np.int64) * n
            for system in (votes.system_a, votes.system_b):
                flat += np.bincount(place + system[part], weight, minlength=size * n)
        full = flat.reshape(size, n)
        totals = full.sum(axis=0)
        return np.asarray(full / np.where(totals > 0, totals, 1))
    weights = np.tile(votes.weights, 2)
    columns = np.concatenate([votes.system_a, votes.system_b])
    table = scipy.sparse.csr_array((weights, (np.tile(row, 2), columns)), shape=(size, n))
    totals = np.asarray(table.sum(axis=0)).ravel()
    return scipy.sparse.csr_array(table.multiply(1 / np.where(totals > 0, totals, 1)))


def _with_features(
    votes: VoteArrays, row: IntArray, table: FloatArray | scipy.sparse.csr_array, features: int
) -> FloatArray | scipy.sparse.csr_array:
    """Add columns with the share of each unit in all votes."""
    totals = np.bincount(row, votes.weights)
    columns = np.repeat((totals / totals.sum())[:, np.newaxis], features, axis=1)
    if isinstance(table, np.ndarray):
        return np.hstack([table, columns])
    return scipy.sparse.csr_array(scipy.sparse.hstack([table, columns]))


class _Powers:
    """Sum powers of shares over units, for each system and every two of them."""

    def __init__(self, table: FloatArray | scipy.sparse.csr_array, weight: FloatArray) -> None:
        self.table, self.weight = table, weight
        self.products: dict[tuple[int, int, int], FloatArray] = {}

    def sum(self, k: int, *, times: int = 0) -> FloatArray:
        """Sum weight^times * share^k, with the mean of two shares at [i, j]; shape (n, n)."""
        own = np.asarray(_power(self.table, k).T @ self.weight**times)
        total = own[:, np.newaxis] + own[np.newaxis, :]
        for m in range(1, k):
            product = self._product(min(m, k - m), max(m, k - m), times)
            total = total + comb(k, m) * (product if 2 * m <= k else product.T)
        return np.asarray(total / 2**k)

    def _product(self, m: int, other: int, times: int) -> FloatArray:
        """Sum weight^times * share_i^m * share_j^other; shape (n, n)."""
        key = (m, other, times)
        if key not in self.products:
            weight = self.weight**times
            if isinstance(self.table, np.ndarray) or dense_is_faster(np.diff(self.table.indptr), self.table.shape[1]):
                self.products[key] = _in_full(self.table, weight, m, other)
            else:
                left = self.table.power(m).multiply(weight[:, np.newaxis]).T.tocsr()
                self.products[key] = (left @ self.table.power(other)).toarray()
        return self.products[key]


def _power(table: FloatArray | scipy.sparse.csr_array, k: int) -> FloatArray | scipy.sparse.csr_array:
    return _raised(table, k) if isinstance(table, np.ndarray) else table.power(k)


def _raised(table: FloatArray, k: int) -> FloatArray:
    """Multiply a table with itself, which takes less time than numpy's power."""
    power = table
    for _ in range(k - 1):
        power = power * table
    return power


def _in_full(table: FloatArray | scipy.sparse.csr_array, weight: FloatArray, m: int, other: int) -> FloatArray:
    """Sum weight * share_i^m * share_j^other over units, some of which are held in full at a time; shape (n, n)."""
    n = table.shape[1]
    total = np.zeros((n, n))
    for rows in stretches(table.shape[0], max(1, NUMBERS_IN_FULL // n)):
        full = table[rows] if isinstance(table, np.ndarray) else table[rows].toarray()
        total += (_raised(full, m) * weight[rows, np.newaxis]).T @ _raised(full, other)
    return total


def dense_is_faster(filled: IntArray, n: int) -> bool:
    """Tell whether the outer products of rows are summed faster in full than as sparse ones.

    Args:
        filled: Numbers other than 0 in each row, shape (n_rows,).
        n: Length of a row.
    """
    return bool(SPARSE_COST * (filled.astype(np.float64) ** 2).sum() > len(filled) * n**2)
