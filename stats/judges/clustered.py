"""Give means with intervals where answers on one document, and of one person, resemble each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np
import scipy

from stats.uncertainty.calibrated import LARGEST_FREEDOM, LEVEL, NEGLIGIBLE
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError, renumbered
from stats.votes.least import too_few

NOTHING = "too few to say: no answers yet"
ONE_DOCUMENT = "too few to say: all answers are about one document"


@dataclass(frozen=True)
class Figure:
    """Hold a value with its interval; numbers are None where undefined.

    Attributes:
        value, lower, upper: The value and its bounds.
        n, documents, annotators: Answers it comes from, on how many documents, by how many people (0: no people).
        reason: Why there is no value or no interval, or that there is too little to say; "" where all is well.
    """

    value: float | None
    lower: float | None
    upper: float | None
    n: int = 0
    documents: int = 0
    annotators: int = 0
    reason: str = ""

    @classmethod
    def undefined(cls, reason: str, n: int = 0) -> Self:
        """Say why there is no value."""
        return cls(None, None, None, n, reason=reason)

    @property
    def told(self) -> bool:
        """Tell whether there is enough for it to be given in numbers."""
        return self.value is not None and not self.reason

    def above(self, value: float) -> bool:
        """Tell whether the whole interval lies above a value; false where there is too little to say."""
        return self.told and self.lower is not None and self.lower > value

    def below(self, value: float) -> bool:
        """Tell whether the whole interval lies below a value; false where there is too little to say."""
        return self.told and self.upper is not None and self.upper < value


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


def mean(
    values: FloatArray,
    document: IntArray,
    annotator: IntArray | None = None,
    *,
    weight: FloatArray | None = None,
    level: float = LEVEL,
    share: bool = True,
) -> Figure:
    """Average answers, with an interval about other documents and other people.

    Args:
        values: Shape (n,), from 0 to 1 if share.
        document, annotator: Index of each answer's document and person, shape (n,); None where no people answered.
        weight: How much each counts, above 0, shape (n,); all alike if None.
        level: Of the interval, between 0 and 1.
        share: Whether values lie in 0 to 1: the interval is then Wilson's on the effective sample, else value +- t.
    Raises:
        InvalidVotesError: Shapes differ.
    Source:
        As in two_way; Wilson's interval on an effective sample: Franco et al. (2019), Journal of Survey Statistics and
        Methodology 7, 334-364.
    """
    if values.shape != document.shape or (annotator is not None and annotator.shape != values.shape):
        raise InvalidVotesError("values, document and annotator must have one shape (n,).")
    if not len(values):
        return Figure.undefined(NOTHING)
    w = np.ones(len(values)) if weight is None else weight
    value = float(np.average(values, weights=w))
    influence = w * (values - value) / w.sum()
    model = smoothed_variance(value, w) if share else 0.0
    spread = spread_of(influence, w, document, annotator, model=model)
    return bounded(value, spread, counted(document, annotator), level=level, share=share)


def smoothed_variance(value: float, weight: FloatArray) -> float:
    """Give the variance of a share of independent answers, half an answer added to each side."""
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    smooth = (value * effective + 0.5) / (effective + 1)
    return smooth * (1 - smooth) / effective


@dataclass(frozen=True)
class Count:
    """Hold numbers of answers, documents and people, and what there is too little of ("" for nothing)."""

    n: int
    documents: int
    annotators: int
    reason: str


def counted(document: IntArray, annotator: IntArray | None) -> Count:
    """Count answers, documents and people; where no people answered, only the first two can be too few."""
    documents = len(np.unique(document))
    annotators = 0 if annotator is None else len(np.unique(annotator))
    enough = too_few(len(document), 3 if annotator is None else annotators, documents)
    return Count(len(document), documents, annotators, enough)


def bounded(value: float, spread: Spread, count: Count, *, level: float = LEVEL, share: bool = True) -> Figure:
    """Give a value with bounds, which stay within 0 to 1 for a share."""
    numbers = (count.n, count.documents, count.annotators)
    if count.documents < 2:
        return Figure(value, None, None, *numbers, reason=ONE_DOCUMENT)
    if not share:
        reach = spread.reach(level)
        return Figure(value, value - reach, value + reach, *numbers, reason=count.reason)
    lower, upper = wilson_bounds(value, spread, count.documents, level)
    return Figure(value, lower, upper, *numbers, reason=count.reason)


def wilson_bounds(value: float, spread: Spread, documents: int, level: float = LEVEL) -> tuple[float, float]:
    """Give Wilson's bounds on the effective sample size; where all answers are alike a document counts once."""
    alike = value <= 0 or value >= 1
    effective = documents if alike else value * (1 - value) / max(spread.variance, 1e-300)
    quantile = Spread(0, max(documents - 1, 1)).quantile(level) if alike else spread.quantile(level)
    square = quantile**2 / effective
    middle = (value + square / 2) / (1 + square)
    half = quantile * sqrt(max(value * (1 - value), 0) / effective + square / (4 * effective)) / (1 + square)
    return max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half))
