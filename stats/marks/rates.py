"""Give rates of errors and shares of summaries with one, with intervals for other documents and other readers.

A figure carries its Spread, so that two of them can be held against each other.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from stats.judges.clustered import ONE_DOCUMENT, Figure
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import Spread, UnitSums, cells, smoothed_variance, two_way, wilson_bounds
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError
from stats.votes.least import LEAST_ANNOTATORS, LEAST_DOCUMENTS, LEAST_VOTES

NOTHING = "too few to say: nobody read a summary for errors yet"
NO_WORDS = "undefined: these summaries have no words"
# Of the mean length of a summary: what a shorter one, such as an empty one, weighs among its document's.
LEAST_WEIGHT = 0.1


@dataclass(frozen=True)
class Counts:
    """Hold what is averaged over readings: counts over exposures, such as errors over hundreds of words; shape (n,).

    Attributes:
        count: At least 0.
        exposure: At least 0; all 1 for a mean over summaries.
        document, annotator: Index of each.
        share: Whether counts are 0 or 1, of exposures of 1.
    """

    count: FloatArray
    exposure: FloatArray
    document: IntArray
    annotator: IntArray
    share: bool = False

    def __post_init__(self) -> None:
        if len({column.shape for column in (self.count, self.exposure, self.document, self.annotator)}) != 1:
            raise InvalidVotesError("count, exposure, document and annotator must have one shape (n,).")

    @property
    def value(self) -> float:
        """Give the rate."""
        return float(self.count.sum() / self.exposure.sum())

    @property
    def influence(self) -> FloatArray:
        """Give how far each reading moves the rate, with sum 0, shape (n,)."""
        return np.asarray((self.count - self.value * self.exposure) / self.exposure.sum())

    @property
    def weight(self) -> FloatArray:
        """Give how much each reading weighs among those of its document or reader, with sum 1, shape (n,)."""
        weight = np.maximum(self.exposure, LEAST_WEIGHT * self.exposure.mean())
        return np.asarray(weight / weight.sum())

    @property
    def model(self) -> float:
        """Give the variance that independent errors would have, half an error added."""
        if self.share:
            return smoothed_variance(self.value, np.ones(len(self.count)))
        return float((self.count.sum() + 0.5) / self.exposure.sum() ** 2)

    @property
    def spread(self) -> Spread:
        """Give the variance of the rate."""
        return _spread(self.influence, self.weight, self.document, self.annotator, self.model)


def rate(answers: Counts, *, level: float = LEVEL) -> Figure:
    """Give a rate with its interval; without a single error a document counts once.

    The bounds are those of a score interval for a Poisson rate on the effective exposure, with a quantile of t: never
    below 0, and wider above than below.

    Args:
        level: Of the interval, between 0 and 1.
    Source:
        The variance, and documents and readers as clusters, are those of clustered.two_way; the ratio is linearised:
        Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.6. Score interval: Garwood's
        rate with Wilson's idea, as in Ng, Filardo and Zheng (2008), Statistics in Medicine 27, 1392-1409.
    """
    problem = _why_not(answers)
    if problem:
        return Figure.undefined(problem, len(answers.count))
    value, documents = answers.value, len(np.unique(answers.document))
    numbers = (len(answers.count), documents, len(np.unique(answers.annotator)))
    if documents < 2:
        return Figure(value, None, None, *numbers, reason=ONE_DOCUMENT)
    bounds = wilson_bounds(value, answers.spread, documents, level) if answers.share else _bounds(answers, level)
    return Figure(value, *bounds, *numbers, reason=too_few_readings(*numbers))


def difference(one: Counts, other: Counts, *, level: float = LEVEL) -> Figure:
    """Give how far a rate lies above another, with an interval made of the intervals of both.

    Readings of one document, and by one reader, resemble each other whichever system wrote the summary, so that the two
    rates go together; that is estimated from the variance of their difference. Where a rate is 0 nothing shows it, and
    they are taken to be independent.

    Source:
        MOVER: Zou (2007), Psychological Methods 12, 399-413; Zou and Donner (2008), Statistics in Medicine 27,
        1693-1702.
    """
    figures = [rate(answers, level=level) for answers in (one, other)]
    for figure in figures:
        if figure.value is None or figure.lower is None:
            return Figure.undefined(figure.reason, figure.n)
    both = [np.concatenate(pair) for pair in zip(_columns(one), _columns(other), strict=True)]
    value, r = one.value - other.value, _correlation(one, other)
    (v1, l1, u1), (v2, l2, u2) = [(f.value or 0.0, f.lower or 0.0, f.upper or 0.0) for f in figures]
    lower = value - _together(v1 - l1, u2 - v2, r)
    upper = value + _together(u1 - v1, v2 - l2, r)
    numbers = (len(both[0]), len(np.unique(both[0])), len(np.unique(both[1])))
    return Figure(value, lower, upper, *numbers, reason=figures[0].reason or figures[1].reason)


def too_few_readings(readings: int, documents: int, annotators: int) -> str:
    """Say what there is too little of; "" if a result can be given in numbers. As in votes/least.py, for readings."""
    lacking = []
    if readings < LEAST_VOTES:
        lacking.append(f"{readings:,} {'reading' if readings == 1 else 'readings'} of at least {LEAST_VOTES}")
    if annotators < LEAST_ANNOTATORS:
        lacking.append(
            f"{annotators:,} {'annotator' if annotators == 1 else 'annotators'} of at least {LEAST_ANNOTATORS}"
        )
    if documents < LEAST_DOCUMENTS:
        lacking.append(f"{documents:,} {'document' if documents == 1 else 'documents'} of at least {LEAST_DOCUMENTS}")
    return f"too few to say: {', '.join(lacking)}" if lacking else ""


def _why_not(answers: Counts) -> str:
    if not len(answers.count):
        return NOTHING
    return NO_WORDS if answers.exposure.sum() <= 0 else ""


def _bounds(answers: Counts, level: float) -> tuple[float, float]:
    """Give the bounds of a Poisson rate on the effective exposure."""
    value, spread = answers.value, answers.spread
    documents = len(np.unique(answers.document))
    if value > 0:
        exposure, quantile = value / max(spread.variance, 1e-300), spread.quantile(level)
    else:
        exposure = float(answers.exposure.sum()) * documents / len(answers.count)
        quantile = Spread(0, max(documents - 1, 1)).quantile(level)
    square = quantile**2 / exposure
    half = quantile * sqrt(value / exposure + square / (4 * exposure))
    return max(0.0, min(value, value + square / 2 - half)), value + square / 2 + half


def _columns(answers: Counts) -> tuple[IntArray, IntArray]:
    return answers.document, answers.annotator


def _correlation(one: Counts, other: Counts) -> float:
    """Give how far two rates go together, from 0 to below 1."""
    product = sqrt(one.spread.variance * other.spread.variance)
    if not one.count.any() or not other.count.any() or product <= 0:
        return 0.0
    influence = np.concatenate([one.influence, -other.influence])
    weight = np.concatenate([one.weight, other.weight])
    document, annotator = (np.concatenate(pair) for pair in zip(_columns(one), _columns(other), strict=True))
    # Both readings of a pair by one person are in one cell, so that what they share falls out of the difference.
    of_difference = _spread(influence, weight, document, annotator, one.model + other.model).variance
    shared = (one.spread.variance + other.spread.variance - of_difference) / (2 * product)
    return min(max(shared, 0.0), 0.95)


def _spread(influence: FloatArray, weight: FloatArray, document: IntArray, annotator: IntArray, model: float) -> Spread:
    kinds = [UnitSums.of(influence, weight, unit) for unit in (document, annotator)]
    return two_way(influence, cells(document, annotator), kinds, model=model)


def _together(first: float, second: float, r: float) -> float:
    return sqrt(max(first**2 + second**2 - 2 * r * first * second, 0.0))
