"""Intervals that were tried, for many studies at once: half the width of each, shape (s, contrasts), in log-odds.

The functions are second implementations: the chosen one is stats.uncertainty.calibrated, which the tests hold against
`calibrated` here.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from benchmarks.intervals.moments import Moments, Units, squared_length
from stats.votes.arrays import FloatArray

TAIL = 0.975
Candidate = Callable[[Moments, int], FloatArray]
Squares = tuple[FloatArray, FloatArray | float]  # mean square and its degrees of freedom


def bootstrap_expanded(moments: Moments, n: int) -> FloatArray:
    """Linearise the two-way bootstrap with its factor for few units: the interval of boards up to 0.8.

    Its variance is what documents, annotators and cells add up to, (Owen 2007): single votes count three times.
    """
    cells = _squares(moments.cells)
    variance, shown, spread, drawn = cells, cells, cells**2 / (moments.cells.count - 1), cells
    for units in (moments.documents, moments.annotators):
        k, squares = units.count, _squares(units)
        between = np.maximum(squares * k / (k - 1) - cells, 0)
        variance, shown = variance + between, shown + between * (1 - 1 / k)
        spread, drawn = spread + between**2 / (k - 1), drawn + squares
    return np.asarray(stdtrit(variance**2 / spread, TAIL) * np.sqrt(variance / shown * drawn))


def two_way(moments: Moments, n: int) -> FloatArray:
    """Bound by the two-way sandwich with k / (k - 1) and t (Cameron, Gelbach and Miller 2011): helped votes to 0.8."""
    return _together(moments, *((_squares(u) * u.count / (u.count - 1), u.count - 1) for u in _kinds(moments)))


def effective_units(moments: Moments, n: int) -> FloatArray:
    """Take 1 / (sum of squared shares) for the number of units in the two-way sandwich."""

    def square(units: Units) -> Squares:
        k = 1 / (units.share**2).sum(axis=1)
        return _squares(units) * k / (k - 1), k - 1

    return _together(moments, *(square(units) for units in _kinds(moments)))


def jackknife(moments: Moments, n: int) -> FloatArray:
    """Leave units out (CR3) in the two-way sandwich, with the freedom of their squares by Satterthwaite."""

    def square(units: Units) -> Squares:
        left = np.maximum(1 - units.share, 0.05)
        return ((units.influence / left) ** 2).sum(axis=1), _traces(units.share, units.share**2)[1]

    return _together(moments, *(square(units) for units in _kinds(moments)))


def own_variance(moments: Moments, n: int) -> FloatArray:
    """Weigh units by 1 / share; each contrast has its own variance between units."""
    return calibrated(moments, n, own=1.0)


def pooled_variance(moments: Moments, n: int) -> FloatArray:
    """Weigh units by 1 / share; one variance between units for all systems."""
    return calibrated(moments, n, own=0.0)


def calibrated(moments: Moments, n: int, own: float = 0.5) -> FloatArray:
    """Weigh units by 1 / share; half a contrast's own variance between units, half the mean of all systems."""
    cells = moments.cells.count
    noise = _squares(moments.cells) * cells / (cells - 1)
    noise = (moments.votes * noise + moments.model) / (moments.votes + 1)
    free = np.maximum(np.minimum(cells, moments.votes) - 1, 1)
    total, spread, fewest = noise, noise**2 / free, np.inf
    for units in _kinds(moments):
        voted = units.mean_share > 0
        weight = np.where(voted, 1 / np.where(voted, units.mean_share, 1), 0)[:, :, np.newaxis]
        expected, freedom = _traces(units.share, weight * units.share**2)
        squares = (units.share**2).sum(axis=1)
        square = (weight * units.influence**2).sum(axis=1) / expected
        between = square - noise * (weight * (units.share - units.share**2)).sum(axis=1) / expected
        mean, mean_square = (_mean(values, n) for values in (between, square))
        variance = own * np.maximum(between, 0) + (1 - own) * np.maximum(mean, 0)
        free = freedom / (own**2 + (1 - own**2) / (n - 1))
        part = squares * (own * square + (1 - own) * mean_square)
        total = total + squares * variance
        spread = spread + np.where(variance > 0, part**2 / free, 0)
        fewest = np.minimum(fewest, np.where(variance > 0, free, np.inf))
    free = np.maximum(total**2 / spread, np.where(np.isinf(fewest), 1, fewest))
    return np.asarray(stdtrit(free, TAIL) * np.sqrt(total))


CANDIDATES: dict[str, Candidate] = {
    "bootstrap": bootstrap_expanded,
    "two-way": two_way,
    "effective": effective_units,
    "jackknife": jackknife,
    "own": own_variance,
    "pooled": pooled_variance,
    "calibrated": calibrated,
}


def _kinds(moments: Moments) -> tuple[Units, Units]:
    return moments.documents, moments.annotators


def _squares(units: Units) -> FloatArray:
    """Sum the squared influences, shape (s, contrasts)."""
    return np.asarray((units.influence**2).sum(axis=1))


def _mean(values: FloatArray, n: int) -> FloatArray:
    """Average the variances of all systems' strengths, scaled to each contrast."""
    mean = values[:, :n].mean(axis=1, keepdims=True) * n / (n - 1)
    return np.asarray(mean * squared_length(n))


def _traces(w: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give trace and degrees of freedom of the sum of v * (distance from the mean weighted by w)^2 over units."""
    s, vw, p2 = v.sum(axis=1), (v * w).sum(axis=1), (w**2).sum(axis=1)
    trace = s - 2 * vw + s * p2
    v2, v2w, vw2 = (v**2).sum(axis=1), (v**2 * w).sum(axis=1), (v * w**2).sum(axis=1)
    of_square = v2 - 4 * v2w + 2 * s * vw2 + 2 * vw**2 + 2 * v2 * p2 - 4 * s * p2 * vw + (s * p2) ** 2
    return trace, np.maximum(trace**2 / of_square, 1)


def _together(moments: Moments, *squares: Squares) -> FloatArray:
    """Add mean squares of documents and annotators less that of cells, with the freedom of Gaylor and Hopper (1969)."""
    cells, n_cells = _squares(moments.cells), moments.cells.count
    total, spread, fewest, including = cells, np.zeros_like(cells), np.full_like(cells, n_cells - 1), 0
    for square, freedom in squares:
        above = square > cells
        total = total + np.where(above, square - cells, 0)
        spread = spread + np.where(above, square**2 / freedom, 0)
        fewest = np.minimum(fewest, np.where(above, freedom, np.inf))
        including = including + above
    spread = spread + np.where(including == 1, 0, cells**2 / (n_cells - 1))
    return np.asarray(stdtrit(np.maximum(total**2 / spread, np.maximum(fewest, 1)), TAIL) * np.sqrt(total))
