"""Say how sure strengths and differences are: the one variance and the one quantile from which all intervals come."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
import scipy

from stats.uncertainty.sandwich import Known, about_circles, bread_of, cell_sandwich, residuals_of, unit_sandwich
from stats.uncertainty.shares import UnitShares
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays

LEVEL = 0.95
# How much of a variance between units is a system's own; the rest is the mean over all systems.
OWN = 0.5
# With fewer effective units of a kind, intervals hold less often than they promise (docs/statistics.md).
LEAST_EFFECTIVE = 3.0
# Beyond so many degrees of freedom t is normal to four digits.
LARGEST_FREEDOM = 10_000.0
# Below so many effective units their variance is hardly seen.
SMALLEST_TRACE = 1e-6
# A variance below this share of that of single votes is taken as none: rounding must not decide whether there is one.
NEGLIGIBLE = 1e-9


class Caution(StrEnum):
    """Name what makes intervals hold less often than they promise.

    Attributes:
        FEW_DOCUMENTS, FEW_ANNOTATORS: The votes weigh like those of fewer than LEAST_EFFECTIVE of them.
    """

    FEW_DOCUMENTS = "few_documents"
    FEW_ANNOTATORS = "few_annotators"


@dataclass(frozen=True)
class Precision:
    """Hold variances and their degrees of freedom, shape (n, n): [i, i] of strength i less the mean of its circle,
    [i, j] of the difference of i and j.

    Attributes:
        variance: In squared log-odds.
        freedom: Degrees of freedom, from 1 up.
    """

    variance: FloatArray
    freedom: FloatArray

    @property
    def error(self) -> FloatArray:
        """Give the standard errors, shape (n, n), in log-odds."""
        return np.asarray(np.sqrt(self.variance))

    def of_pair(self, i: int, j: int) -> Self:
        """Give that of one entry, shape (): of the whole matrix, once for each pair, many systems took hours."""
        return type(self)(self.variance[i, j], self.freedom[i, j])

    def reach(self, level: float = LEVEL) -> FloatArray:
        """Give half the width of each interval by itself, shape (n, n), in log-odds."""
        return self._reach((1 - level) / 2)

    def reach_together(self, quantile: float, level: float = LEVEL) -> FloatArray:
        """Give half the width of intervals that hold at once, shape (n, n), in log-odds.

        Args:
            quantile: Of the largest distance among all, in standard errors, were the errors known. Each interval gets
                the quantile of t that is as rare as this one of the normal distribution.
            level: No interval is shorter than its own at this level.
        """
        return self._reach(self.tail_together(quantile, level))

    @staticmethod
    def tail_together(quantile: float, level: float = LEVEL) -> float:
        """Give the chance that an interval of reach_together lies above, or below, the truth."""
        return min(float(scipy.special.ndtr(-quantile)), (1 - level) / 2)

    def with_source(self, variance: FloatArray, freedom: float) -> Self:
        """Add a source of variance beside all others, shape (n, n), with degrees of freedom of its own."""
        total = self.variance + variance
        spread = self.variance**2 / self.freedom + variance**2 / freedom
        return type(self)(total, np.where(spread > 0, total**2 / np.where(spread > 0, spread, 1), self.freedom))

    def _reach(self, tail: float) -> FloatArray:
        # The order of the votes changes the last digits of sums; it must not change an interval.
        return np.round(-scipy.special.stdtrit(self.freedom, tail) * self.error, 10)


def precision(
    votes: VoteArrays,
    strengths: FloatArray,
    *,
    circle: BoolArray | None = None,
    tie: Known = None,
    all_count: bool = False,
) -> Precision:
    """Give the precision of strengths and of all differences, for documents and annotators as random samples.

    An estimate's variance is that of single votes, plus what documents differ, plus what annotators differ:
    tau + p_d s_d^2 + p_u s_u^2. p is the sum of the squared shares of the units in the votes, so an annotator with most
    of the votes counts as such. tau is the sandwich over (document, annotator) cells. s^2 comes from the units' sums of
    residuals, squared and divided by their shares, less what single votes put there; half of it is the contrast's own,
    half is the mean over all systems, because three annotators alone say little about how far annotators differ, and
    on many systems they say more. Quantiles are those of t with Satterthwaite's degrees of freedom.

    Args:
        votes: Votes that connect all their systems, each of which has some.
        strengths: Shape (n,), their fit_bradley_terry, in log-odds.
        circle: Shape (n, n), which systems belong together; see graphs.same_circle. All of them if None.
        tie: What the strengths were fitted with; see sandwich.Known.
        all_count: Whether documents and annotators count in the degrees of freedom also where none of their variance is
            seen: then they are fewer, as who looks again and again needs (stats.decisions.look).
    Returns:
        The precision; differences of systems in different circles have no meaning, as the prior made them.
    Source:
        Cameron, Gelbach and Miller (2011), Journal of Business and Economic Statistics 29, 238-249 (two-way sandwich).
        Henderson (1953), Biometrics 9, 226-252 (variance components of unequal units). Satterthwaite (1946), Biometrics
        Bulletin 2, 110-114. A variance pooled over many alike: Smyth (2004), Statistical Applications in Genetics and
        Molecular Biology 3, 3. How well it covers: benchmarks/simulate.py.
    """
    belong = np.ones((votes.n_systems, votes.n_systems), dtype=bool) if circle is None else circle
    key = ("precision", strengths.tobytes(), belong.tobytes(), tie, all_count)
    if key not in votes.worked_out:
        inverse, residuals = bread_of(votes, strengths, tie), residuals_of(votes, strengths, tie)
        sources = [
            UnitVariance(shares, variances(unit_sandwich(votes, residuals, inverse, shares), belong))
            for shares in unit_shares(votes)
        ]
        cells, n_cells = cell_sandwich(votes, residuals, inverse)
        noise = vote_noise(variances(cells, belong), variances(inverse, belong), n_cells, votes.count_by_system())
        votes.worked_out[key] = combined(noise, sources, belong, all_count=all_count)
    stored: Precision = votes.worked_out[key]
    return stored


def unit_shares(votes: VoteArrays, *, features: int = 0) -> list[UnitShares]:
    """Give the shares of documents and of annotators, of each kind of which there are several; see UnitShares.of."""
    kinds = (votes.document, votes.annotator)
    return [UnitShares.of(votes, unit, features=features) for unit in kinds if unit.min() != unit.max()]


def variances(covariance: FloatArray, circle: BoolArray | None = None) -> FloatArray:
    """Give variances on the diagonal, less the mean of circles if these are given, and of differences elsewhere."""
    own = np.diag(covariance)
    of_pairs: FloatArray = own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance
    np.fill_diagonal(of_pairs, own if circle is None else np.diag(about_circles(covariance, circle)))
    return np.maximum(of_pairs, 0)


@dataclass(frozen=True)
class Noise:
    """Hold the variance from single votes, shape (n, n), and its degrees of freedom."""

    variance: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class UnitVariance:
    """Hold what units of one kind show: their shares, and the variances that their weighted squares add up to."""

    shares: UnitShares
    square: FloatArray


def vote_noise(cells: FloatArray, model: FloatArray, n_cells: int, counts: IntArray) -> Noise:
    """Correct the variances from cells for their number, and for votes too few to show any.

    Where all residuals are 0, as among systems that only tied, the sandwich says that nothing is unsure. One vote's
    worth of the model's variance is therefore added to the mean over the votes: nearly all of it with one vote, nearly
    nothing of it with a hundred.

    Args:
        cells: Variances by the sandwich over cells, shape (n, n).
        model: Those that the model itself expects, from the inverse Hessian, shape (n, n).
        n_cells: Cells with votes.
        counts: Votes about each system, shape (n,).
    """
    count = counts.astype(np.float64)
    total = count[:, np.newaxis] + count[np.newaxis, :]
    pair = 2 * np.outer(count, count) / np.where(total > 0, total, 1)
    in_cells = cells * n_cells / max(1, n_cells - 1)
    freedom = np.maximum(np.minimum(n_cells, pair) - 1, 1)
    return Noise((pair * in_cells + model) / (pair + 1), freedom)


def combined(noise: Noise, sources: Sequence[UnitVariance], circle: BoolArray, *, all_count: bool = False) -> Precision:
    """Add up the variances of all sources.

    Args:
        noise: Of single votes.
        sources: Documents, annotators.
        circle, all_count: As in precision.
    """
    total, spread = noise.variance.copy(), noise.variance**2 / noise.freedom
    fewest = np.full(total.shape, np.inf)
    for source in sources:
        between, square, freedom = _between(source, noise.variance, circle)
        seen = between > NEGLIGIBLE * noise.variance
        total += between
        spread += np.where(seen | all_count, square**2 / freedom, 0)
        fewest = np.minimum(fewest, np.where(seen, freedom, np.inf))
    freedom = np.where(spread > 0, total**2 / np.where(spread > 0, spread, 1), np.inf)
    freedom = np.maximum(freedom, np.where(np.isinf(fewest), 1, fewest))
    return Precision(total, np.minimum(freedom, LARGEST_FREEDOM))


def _between(source: UnitVariance, noise: FloatArray, circle: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the variance from units of one kind, the mean square it is taken from, and degrees of freedom; (n, n)."""
    shares, size = source.shares, circle.sum(axis=1).astype(np.float64)
    defined = shares.expected > SMALLEST_TRACE
    scale = np.where(defined, 1 / np.where(defined, shares.expected, 1), 0)
    square = source.square * scale
    own = square - shares.noise * noise * scale
    length = _squared_length(circle, size)
    mean, mean_square = (_mean_of_circle(values, defined, circle, size) * length for values in (own, square))
    part = np.where(circle & (mean_square > NEGLIGIBLE * noise), np.where(defined, OWN, 0.0), 1.0)
    variance = part * np.maximum(own, 0) + (1 - part) * np.maximum(mean, 0)
    freedom = np.where(defined, shares.freedom, 1) / (part**2 + (1 - part**2) / np.maximum(size - 1, 1)[:, np.newaxis])
    return shares.squares * variance, shares.squares * (part * square + (1 - part) * mean_square), freedom


def _squared_length(circle: BoolArray, size: FloatArray) -> FloatArray:
    """Give the squared length of each contrast, shape (n, n): 2 of a difference, (m - 1) / m of one among m systems."""
    length = np.full(circle.shape, 2.0)
    np.fill_diagonal(length, 1 - 1 / size)
    return length


def _mean_of_circle(values: FloatArray, defined: BoolArray, circle: BoolArray, size: FloatArray) -> FloatArray:
    """Average what the strengths of each system's circle have for a squared length of 1; (n, 1), 0 where undefined."""
    is_known = np.diag(defined) & (size > 1)
    each = np.where(is_known, np.diag(values) * size / np.maximum(size - 1, 1), 0)
    counts = circle @ is_known.astype(np.float64)
    return np.asarray((circle @ each / np.maximum(counts, 1))[:, np.newaxis])


def effective_units(votes: VoteArrays) -> tuple[float, float]:
    """Count documents and annotators of equal shares that would be worth as much as those of the votes.

    Source:
        Kish (1965), Survey Sampling, section 11.7.
    """
    totals = (np.bincount(unit, votes.weights) for unit in (votes.document, votes.annotator))
    documents, annotators = (float(total.sum() ** 2 / (total**2).sum()) if len(votes) else 0.0 for total in totals)
    return documents, annotators


def cautions(votes: VoteArrays) -> tuple[Caution, ...]:
    """Say what makes the intervals of these votes hold less often; a kind of which there is only one unit is not asked.

    Nothing shows how units of such a kind differ, so the intervals are not about others of it.
    """
    kinds = zip(effective_units(votes), (Caution.FEW_DOCUMENTS, Caution.FEW_ANNOTATORS), strict=True)
    return tuple(caution for number, caution in kinds if 1 < number < LEAST_EFFECTIVE)
