"""Sum what votes and predictions say of the strengths by document, person and cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy

from stats.judges.arrays import Items
from stats.uncertainty.calibrated import Precision, UnitVariance, combined, unit_shares, variances, vote_noise
from stats.uncertainty.sandwich import document_and_annotator
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, VoteArrays, renumbered


@dataclass(frozen=True)
class Sums:
    """Hold gradients of the strengths, summed by unit, less their means; n systems in columns.

    Attributes:
        document, annotator: By unit with votes.
        cell: By document and annotator; of a million cells most numbers are 0.
        others: By document without votes.
        total: Sum over everything, means included, shape (n,).
    """

    document: FloatArray
    annotator: FloatArray
    cell: scipy.sparse.csr_array
    others: FloatArray
    total: FloatArray

    def times(self, factor: float) -> Self:
        """Multiply everything."""
        return type(self)(
            factor * self.document,
            factor * self.annotator,
            factor * self.cell,
            factor * self.others,
            factor * self.total,
        )

    def plus(self, other: Self) -> Self:
        """Add sums over the same units."""
        return type(self)(
            self.document + other.document,
            self.annotator + other.annotator,
            self.cell + other.cell,
            self.others + other.others,
            self.total + other.total,
        )

    def less(self, other: Self) -> Self:
        """Subtract sums over the same units."""
        return self.plus(other.times(-1))


@dataclass(frozen=True)
class Layout:
    """Hold which votes and items belong to which unit.

    Attributes:
        votes, items: As in helped_ratings.
        item: Item of each vote.
        sign: 1 where a vote's a is its item's a, -1 where it is b, shape (n_votes,).
        voted: Whether each item's document has votes, shape (n_items,).
        row: Each item's document among those with votes, or among those without, shape (n_items,).
        cell: Cell of each vote.
    """

    votes: VoteArrays
    items: Items
    item: IntArray
    sign: FloatArray
    voted: BoolArray
    row: IntArray
    cell: IntArray

    @classmethod
    def of(cls, votes: VoteArrays, item: IntArray, items: Items) -> Self:
        """Number the units.

        Raises:
            InvalidVotesError: A vote is about other systems, or another document, than its item.
        """
        a, b = items.system_a[item], items.system_b[item]
        same, turned = (votes.system_a == a) & (votes.system_b == b), (votes.system_a == b) & (votes.system_b == a)
        if not (same | turned).all() or (items.document[item] != votes.document).any():
            raise InvalidVotesError("A vote is about other systems, or another document, than its item.")
        with_votes = np.unique(votes.document)
        place = np.minimum(np.searchsorted(with_votes, items.document), len(with_votes) - 1)
        voted = with_votes[place] == items.document
        row = place.copy()
        row[~voted] = np.unique(items.document[~voted], return_inverse=True)[1]
        cell = renumbered(document_and_annotator(votes))
        return cls(votes, items, item, np.where(same, 1.0, -1.0), voted, row, cell)

    def sums(self, of_votes: FloatArray, of_items: FloatArray, total: FloatArray | None = None) -> Sums:
        """Sum residuals of votes less those of items, each as the gradient of the strengths.

        An item with votes belongs to these in equal parts, any other to its document alone.

        Args:
            of_votes: By vote, seen from its a.
            of_items: By item, seen from its a.
            total: Shape (n,); the sum of the residuals of votes if None.
        """
        votes, items, n = self.votes, self.items, self.votes.n_systems
        times = np.bincount(self.item, minlength=len(items))
        single = of_votes - self.sign * of_items[self.item] / times[self.item]
        alone = self.voted & (times == 0)

        def by_unit(unit: IntArray, values: FloatArray) -> FloatArray:
            return _sums(votes.system_a, votes.system_b, renumbered(unit), values, n)

        document = by_unit(votes.document, single)
        document -= self._of_items(alone, of_items, len(document))
        others = -self._of_items(~self.voted, of_items)
        everything = by_unit(np.zeros_like(votes.document), of_votes)[0] if total is None else total
        cell = _table(votes.system_a, votes.system_b, self.cell, single, n)
        return Sums(document, by_unit(votes.annotator, single), cell, others, everything)

    def _of_items(self, chosen: BoolArray, of_items: FloatArray, rows: int | None = None) -> FloatArray:
        items, n = self.items, self.votes.n_systems
        a, b, row = items.system_a[chosen], items.system_b[chosen], self.row[chosen]
        return _sums(a, b, row, of_items[chosen], n, rows)

    def control(self, value: FloatArray, chosen: BoolArray) -> Sums:
        """Sum a prediction on votes less the same on all items, each pair of systems as heavy as among the votes.

        Args:
            value: Predicted share of a less one half, shape (n_items,).
            chosen: Items that count, shape (n_items,); the others have 0.
        """
        items, votes, weight = self.items, self.votes, self.votes.weights
        n = max(votes.n_systems, items.n_systems)
        side = np.where(items.system_a < items.system_b, 1.0, -1.0)
        pair = np.minimum(items.system_a, items.system_b) * n + np.maximum(items.system_a, items.system_b)
        seen = np.where(chosen, value * side, 0.0)
        heavy, many = np.bincount(pair[self.item], weight, n * n), np.bincount(pair, minlength=n * n)
        of_voted = np.bincount(pair[self.item], weight * seen[self.item], n * n) / np.where(heavy > 0, heavy, 1)
        of_all = np.bincount(pair, seen, n * n) / np.maximum(many, 1)
        of_votes = weight * (seen - of_voted[pair])[self.item] * side[self.item] * self.sign
        of_items = (heavy / np.maximum(many, 1))[pair] * (seen - of_all[pair]) * side
        cells = np.flatnonzero(heavy)
        gap = heavy[cells] * (of_voted - of_all)[cells]
        total = _sums(cells // n, cells % n, np.zeros_like(cells), gap, votes.n_systems)[0]
        return self.sums(of_votes, of_items, total)

    def precision(self, sums: Sums, inverse: FloatArray) -> Precision:
        """Give the precision of strengths whose influence has these sums; see calibrated.precision."""
        circle = np.ones(inverse.shape, dtype=bool)

        def spread(rows: FloatArray, weight: FloatArray | float = 1.0) -> FloatArray:
            return variances(inverse @ (rows.T * weight) @ rows @ inverse, circle)

        kinds = [rows for rows in (sums.document, sums.annotator) if len(rows) > 1]
        shares = unit_shares(self.votes)
        sources = [UnitVariance(share, spread(rows, share.weight)) for share, rows in zip(shares, kinds, strict=True)]
        counts = self.votes.count_by_system()
        in_cells = variances(inverse @ (sums.cell.T @ sums.cell).toarray() @ inverse, circle)
        noise = vote_noise(in_cells, variances(inverse, circle), sums.cell.shape[0], counts)
        whole, n_others = combined(noise, sources, circle), len(sums.others)
        if not n_others:
            return whole
        freedom = max(1, n_others - 1)
        return whole.with_source(spread(sums.others) * n_others / freedom, freedom)


def _sums(
    a: IntArray, b: IntArray, row: IntArray, residuals: FloatArray, n: int, rows: int | None = None
) -> FloatArray:
    """Sum gradients over each unit, shape (n_units, n)."""
    summed: FloatArray = _table(a, b, row, residuals, n, rows).toarray()
    return summed


def _table(
    a: IntArray, b: IntArray, row: IntArray, residuals: FloatArray, n: int, rows: int | None = None
) -> scipy.sparse.csr_array:
    """Sum gradients over each unit, zeros left out."""
    size = rows if rows is not None else int(row.max(initial=-1)) + 1
    values = np.concatenate([residuals, -residuals])
    return scipy.sparse.csr_array((values, (np.tile(row, 2), np.concatenate([a, b]))), shape=(size, n))
