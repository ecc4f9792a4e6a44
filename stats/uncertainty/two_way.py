"""Give the variance of a mean whose answers on one document, and of one person, resemble each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np
import scipy

from stats.uncertainty.calibrated import LARGEST_FREEDOM, LEVEL, NEGLIGIBLE
from stats.votes.arrays import FloatArray, IntArray, renumbered


@dataclass(frozen=True)
class Spread:
    """Hold the variance of an estimate, and its degrees of freedom."""

    variance: float
    freedom: float

    def reach(self, level: float = LEVEL) -> float:
        """Give half the width of the interval."""
        return self.quantile(level) * float(np.sqrt(self.variance))

    def quantile(self, level: float = LEVEL) -> float:
        """Give the quantile of t for an interval at this level."""
        return float(-scipy.special.stdtrit(self.freedom, (1 - level) / 2))


@dataclass(frozen=True)
class UnitSums:
    """Hold, of each document or annotator, its summed influence and its share of the answers, shape (k,) each.

    Attributes:
        noise: How often the variance of single answers is in the sum of influence^2 / share.
        gain: Variance of the estimate for one of what that sum holds beyond noise, in squared shares.
    """

    influence: FloatArray
    share: FloatArray
    noise: float
    gain: float

    @classmethod
    def of(cls, influence: FloatArray, weight: FloatArray, unit: IntArray) -> Self:
        """Sum influence and weight by unit."""
        row = renumbered(unit)
        share = np.bincount(row, weight) / weight.sum()
        return cls(np.bincount(row, influence).astype(np.float64), share, len(share) - 1.0, 1.0)

    @classmethod
    def of_pairs(cls, influence: FloatArray, weight: FloatArray, first: IntArray, second: IntArray) -> Self:
        """Sum them by person where an answer is about two people, such as whether they agree.

        Half of an answer is each person's. With k equal people who each have an effect on all their pairs, the halves
        hold ((k - 2) / (k - 1))^2 of its variance, and the estimate has four times that of a mean over people.
        """
        both, twice = np.concatenate([first, second]), np.tile(influence / 2, 2)
        units = cls.of(twice, np.tile(weight, 2), both)
        k = 1 / float((units.share**2).sum())
        gain = 4 * ((k - 1) / (k - 2)) ** 2 if k > 2 else 0.0
        return cls(units.influence, units.share, max(len(units.share) / 2 - 1, 0.0), gain)


def two_way(influence: FloatArray, cell: IntArray, kinds: Sequence[UnitSums], *, model: float = 0.0) -> Spread:
    """Give the variance of an estimate: of single answers, plus what documents, and what people differ.

    As in calibrated.precision, for one number: what the units' squared sums, over their shares, hold beyond the noise
    of single answers is the variance between them, which weighs by the sum of squared shares. Degrees of freedom are
    Satterthwaite's.

    Args:
        influence: How far each answer moves the estimate, with sum 0, shape (n,).
        cell: Document and person of each answer as one number, shape (n,): answers in a cell are one.
        kinds: Documents, and people, each with their sums.
        model: Variance that independent answers would have; counts as one answer, so that few alike are not too sure.
    Source:
        As in calibrated.precision: Henderson (1953), Biometrics 9, 226-252; Satterthwaite (1946), Biometrics Bulletin
        2, 110-114. People in pairs: Fafchamps and Gubert (2007), Journal of Development Economics 83, 326-350.
    """
    sums = np.bincount(renumbered(cell), influence)
    n = len(sums)
    noise = float((sums**2).sum()) * n / max(1, n - 1)
    noise = (n * noise + model) / (n + 1) if model else noise
    total, spread, fewest = noise, noise**2 / max(1, n - 1), np.inf
    for units in kinds:
        squares, cubes = float((units.share**2).sum()), float((units.share**3).sum())
        if len(units.share) < 2 or not units.gain:
            continue
        summed = float((units.influence**2 / units.share).sum())
        scale = units.gain * squares / (1 - squares)
        between = scale * (summed - units.noise * noise)
        if between > NEGLIGIBLE * noise:
            freedom = max((1 - squares) ** 2 / (squares - 2 * cubes + squares**2), 1.0)
            total += between
            spread += (scale * summed) ** 2 / freedom
            fewest = min(fewest, freedom)
    freedom = total**2 / spread if spread > 0 else LARGEST_FREEDOM
    return Spread(total, min(max(freedom, 1 if np.isinf(fewest) else fewest), LARGEST_FREEDOM))


def cells(document: IntArray, annotator: IntArray | None) -> IntArray:
    """Number the pair of document and annotator of each answer; each answer by itself where there are no annotators."""
    if annotator is None:
        return np.arange(len(document))
    return document.astype(np.int64) * (int(annotator.max(initial=0)) + 1) + annotator


def spread_of(
    influence: FloatArray, weight: FloatArray, document: IntArray, annotator: IntArray | None, *, model: float = 0.0
) -> Spread:
    """Give the variance of an estimate from the influence of answers, with documents and annotators as clusters."""
    kinds = [UnitSums.of(influence, weight, unit) for unit in (document, annotator) if unit is not None]
    return two_way(influence, cells(document, annotator), kinds, model=model)


def smoothed_variance(value: float, weight: FloatArray) -> float:
    """Give the variance of a share of independent answers, half an answer added to each side."""
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    smooth = (value * effective + 0.5) / (effective + 1)
    return smooth * (1 - smooth) / effective


def wilson_bounds(value: float, spread: Spread, documents: int, level: float = LEVEL) -> tuple[float, float]:
    """Give Wilson's bounds on the effective sample size; where all answers are alike a document counts once."""
    alike = value <= 0 or value >= 1
    effective = documents if alike else value * (1 - value) / max(spread.variance, 1e-300)
    quantile = Spread(0, max(documents - 1, 1)).quantile(level) if alike else spread.quantile(level)
    square = quantile**2 / effective
    middle = (value + square / 2) / (1 + square)
    half = quantile * sqrt(max(value * (1 - value), 0) / effective + square / (4 * effective)) / (1 + square)
    return max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half))
