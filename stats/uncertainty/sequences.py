"""Bound a win rate after all numbers of votes at once, so that one may look at any time and stop when it is decided."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray, IntArray

# Variance of single votes under which one more vote is counted, as nothing is known of it before.
PRIOR_VARIANCE = 0.25
# The mixture's precision, in units of the spread between effective units: small favours large differences.
MIXTURE = 0.3
# With fewer votes, or no more effective documents or annotators, nothing is decided: four never suffice.
LEAST_VOTES = 30
TOO_FEW_UNITS = 4.0


class Lacking(StrEnum):
    """Name why nothing may be decided yet.

    Attributes:
        VOTES: Fewer than LEAST_VOTES.
        DOCUMENTS, ANNOTATORS: The votes weigh like those of TOO_FEW_UNITS of them at most.
    """

    VOTES = "votes"
    DOCUMENTS = "documents"
    ANNOTATORS = "annotators"


@dataclass(frozen=True)
class ConfidenceSequence:
    """Hold an estimate with its bounds after 1, 2, ... n votes; arrays of shape (n,).

    Attributes:
        estimate: Mean result so far.
        lower, upper: Bounds, within 0 to 1; 0 and 1 where nothing is known.
        documents, annotators: Effective numbers so far: of equal shares that would be worth as much.
    """

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    documents: FloatArray
    annotators: FloatArray

    @property
    def decided(self) -> BoolArray:
        """Tell after each vote whether the bounds exclude one half, with enough votes, documents and annotators."""
        enough = np.minimum(self.documents, self.annotators) > TOO_FEW_UNITS
        enough[: LEAST_VOTES - 1] = False
        return np.asarray(enough & ((self.lower > 0.5) | (self.upper < 0.5)))

    @property
    def decided_after(self) -> int | None:
        """Give the number of votes after which it was first decided; None if never."""
        return int(self.decided.argmax()) + 1 if self.decided.any() else None

    @property
    def lacking(self) -> Lacking | None:
        """Say what the votes so far have too little of to decide anything; None if there is enough."""
        if len(self.estimate) < LEAST_VOTES:
            return Lacking.VOTES
        if self.annotators[-1] <= TOO_FEW_UNITS:
            return Lacking.ANNOTATORS
        return Lacking.DOCUMENTS if self.documents[-1] <= TOO_FEW_UNITS else None


def confidence_sequence(
    results: FloatArray, document: IntArray, annotator: IntArray, *, level: float = 0.95
) -> ConfidenceSequence:
    """Compute bounds of a mean result that hold after all numbers of votes at once, nearly, also of clustered votes.

    The squared error after each number of votes is that of calibrated.precision for two systems: single votes, plus
    what documents differ, plus what annotators differ, with Satterthwaite's degrees of freedom, in which the two always
    count. Freedom plus 1 is the time of the sequence, the number of units that the votes are worth. The bounds are
    those of a t-test with a normal mixture over the standardised effect. For normal units that come one after the other
    they hold exactly; for votes benchmarks/simulate.py --stopping says how well. All numbers are running sums, so the
    work is that of sorting the votes.

    Args:
        results: Shape (n,), in order of time, each from 0 to 1: 1 a win, 1/2 a tie, 0 a loss.
        document, annotator: Shape (n,), who voted on what, any integers.
        level: Probability that all bounds hold, between 0 and 1.
    Raises:
        ValueError: A result is not from 0 to 1.
    Source:
        Lai (1976), On confidence sequences, Annals of Statistics 4, 265-280. Wang and Ramdas (2025), Anytime-valid
        t-tests and confidence sequences for Gaussian means with unknown variance, Sequential Analysis 44 (arXiv
        2310.03722). Estimated errors: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central
        limit theory and asymptotic confidence sequences, Annals of Statistics 52, 2613-2640. Variances of unequal
        units: Henderson (1953), Biometrics 9, 226-252.
    """
    if results.size and not ((results >= 0) & (results <= 1)).all():
        raise ValueError("Results must be from 0 to 1.")
    if not results.size:
        return ConfidenceSequence(*(np.empty(0) for _ in range(5)))
    n = np.arange(1, len(results) + 1)
    mean = np.cumsum(results) / n
    spread = np.maximum(np.cumsum(results**2) - n * mean**2, 0)
    single = (spread + PRIOR_VARIANCE) / (n + 1) * n / np.maximum(n - 1, 1)
    kinds = [_RunningUnits.of(results, mean, unit) for unit in (document, annotator)]
    squared_error = single / n + sum(units.variance(single) for units in kinds)
    shaken = (single / n) ** 2 / np.maximum(n - 1, 1) + sum(units.square**2 / units.freedom for units in kinds)
    freedom = np.clip(squared_error**2 / shaken, 1, np.maximum(n - 1, 1))
    reach = mixture_quantile(freedom, 1 - level) * np.sqrt(squared_error)
    lower, upper = np.maximum(mean - reach, 0), np.minimum(mean + reach, 1)
    return ConfidenceSequence(mean, lower, upper, *(1 / units.squares for units in kinds))


def mixture_quantile(freedom: FloatArray, alpha: float) -> FloatArray:
    """Give how many standard errors the bounds are away; infinite where no distance is far enough.

    The t-test's mixture over N(0, 1 / MIXTURE) after k = freedom + 1 units reaches 1 / alpha at this distance:
    sqrt(c / (k + c)) ((1 + t^2 / f) / (1 + t^2 / f * c / (k + c)))^(k / 2), c being MIXTURE.
    """
    k = freedom + 1
    kept = MIXTURE / (k + MIXTURE)
    needed = (1 / (alpha * np.sqrt(kept))) ** (2 / k)
    left = 1 - needed * kept
    squared = freedom * (needed - 1) / np.where(left > 0, left, 1)
    return np.asarray(np.where(left > 0, np.sqrt(squared), np.inf))


@dataclass(frozen=True)
class _RunningUnits:
    """Hold what units of one kind, documents or annotators, show after each vote; arrays of shape (n,).

    Attributes:
        between: Sum of squares between units.
        count: Units that have voted.
        squares: Sum of their squared shares of the votes.
        expected: What `between` holds of the variance between units, for one of a unit.
        freedom: Degrees of freedom of `between`.
    """

    between: FloatArray
    count: FloatArray
    squares: FloatArray
    expected: FloatArray
    freedom: FloatArray

    @classmethod
    def of(cls, results: FloatArray, mean: FloatArray, unit: IntArray) -> "_RunningUnits":
        n = np.arange(1, len(results) + 1)
        own = _running_sum(np.ones(len(results)), unit)
        total, before = _running_sum(results, unit), own - 1
        grown = total**2 / own - (total - results) ** 2 / np.maximum(before, 1)
        second, third = (np.cumsum(own**power - before**power) for power in (2, 3))
        expected = n - second / n
        of_square = second - 2 * third / n + (second / n) ** 2
        freedom = np.maximum(expected**2 / np.maximum(of_square, 1e-9), 1)
        between = np.maximum(np.cumsum(grown) - n * mean**2, 0)
        return cls(between, np.cumsum(before == 0), second / n**2, np.maximum(expected, 1e-9), freedom)

    def variance(self, single: FloatArray) -> FloatArray:
        """Give the variance of the mean that units of this kind cause, single votes having that variance."""
        single_variance = np.maximum(self.between - single * (self.count - 1), 0) / self.expected
        return np.asarray(self.squares * single_variance)

    @property
    def square(self) -> FloatArray:
        """Give the same with what single votes put there: whose chance is that of the variance."""
        return np.asarray(self.squares * self.between / self.expected)


def _running_sum(values: FloatArray, unit: IntArray) -> FloatArray:
    """Sum the values of the same unit up to each place, that of the place included."""
    order = np.argsort(unit, kind="stable")
    sorted_unit, total = unit[order], np.cumsum(values[order])
    first = np.r_[True, sorted_unit[1:] != sorted_unit[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(unit)), 0))
    summed = np.empty(len(values))
    summed[order] = total - (total - values[order])[start]
    return summed
