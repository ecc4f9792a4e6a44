"""Forecast how large a study must be for the board's rule to tell two systems apart, and how sure that forecast is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np
import scipy

from stats.uncertainty.calibrated import LARGEST_FREEDOM, effective_units
from stats.votes.arrays import FloatArray, VoteArrays
from stats.votes.least import LEAST_ANNOTATORS, LEAST_DOCUMENTS, LEAST_VOTES

POWER = 0.8
# How often the interval of a forecast shall hold the size that is needed.
FORECAST_LEVEL = 0.8
# Times the present study; beyond that the forecast has no limit.
SMALLEST, LARGEST = 1e-4, 1e5
STEPS = 40


@dataclass(frozen=True)
class Growth:
    """Hold how many times as large as the present one a study must be; arrays of shape (n,).

    Attributes:
        times: If distance and error are those seen now, but within lower and upper; infinite without a distance, NaN
            without an error.
        lower, upper: Between which FORECAST_LEVEL of forecasts hold the true number; infinite where there may be no
            distance at all.
    """

    times: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class StudySize:
    """Count the votes of a study, and the annotators and documents with equal shares of them that are worth as much.

    An annotator with most of the votes does not become several by the others' growing more.
    """

    votes: int
    annotators: float
    documents: float

    @classmethod
    def of(cls, votes: VoteArrays) -> "StudySize":
        """Measure a study; see calibrated.effective_units."""
        documents, annotators = effective_units(votes)
        return cls(len(votes), annotators, documents)

    def grown(self, times: float) -> "StudySize | None":
        """Give a study so many times as large in all three, in whole numbers that a board says something of.

        None if it is beyond what can be said.
        """
        if not isfinite(times) or times > LARGEST:
            return None
        least = (LEAST_VOTES, LEAST_ANNOTATORS, LEAST_DOCUMENTS)
        now = (self.votes, self.annotators, self.documents)
        # Rounding must not ask for one more.
        return StudySize(*(max(low, ceil(round(n * times, 6))) for n, low in zip(now, least, strict=True)))


@dataclass(frozen=True)
class Forecast:
    """Hold the study that decides, and how sure that is.

    Attributes:
        needed: None where no size can be given; then nor are the others.
        lower, upper: As in Growth; None for no end.
        ask_again: Votes in all after which a forecast is worth asking anew: twice the present ones, or the lower end.
    """

    needed: StudySize | None
    lower: StudySize | None
    upper: StudySize | None
    ask_again: int | None

    @classmethod
    def of(cls, size: StudySize, growth: Growth, place: int = 0) -> "Forecast":
        """Make the forecast at one place of a growth. size: The present study's."""
        needed, lower, upper = (size.grown(float(t[place])) for t in (growth.times, growth.lower, growth.upper))
        if needed is None:
            return UNKNOWN
        twice = 2 * size.votes
        again = max(size.votes + 1, twice if lower is None else min(twice, lower.votes))
        return cls(needed, lower, upper, again)

    def numbers(self) -> dict[str, int | None]:
        """List the numbers by name."""
        needed, lower, upper = self.needed, self.lower, self.upper
        return {
            "votes_needed": None if needed is None else needed.votes,
            "annotators_needed": None if needed is None else int(needed.annotators),
            "documents_needed": None if needed is None else int(needed.documents),
            "votes_lower": None if lower is None else lower.votes,
            "votes_upper": None if upper is None else upper.votes,
            "ask_again": self.ask_again,
        }


UNKNOWN = Forecast(None, None, None, None)


def growth_needed(distance: FloatArray, freedom: FloatArray, tail: float, *, power: float = POWER) -> Growth:
    """Compute how many times as large a study must be for a decision with this power.

    A decision is an interval that leaves out the value in question: |estimate - value| > t(1 - tail; freedom) * error.
    In a study m times as large in votes, annotators and documents the squared error is 1/m of the present one, its
    degrees of freedom are m (freedom + 1) - 1, and the estimate over its error has a noncentral t distribution. The
    present distance is known as well as the present study tells it: its interval is that of the noncentrality whose
    |t| would be as small, or as large, as the one seen.

    Args:
        distance: Shape (n,), present |estimate - value| in standard errors; NaN where unknown.
        freedom: Shape (n,), degrees of freedom of the errors.
        tail: Chance beyond either end of an interval, as in Differences.tail; 0.025 for one interval by itself.
        power: Between 0 and 1.
    Source:
        Noncentral t: Owen (1965), Biometrika 52, 437-446. Intervals of a noncentrality by inversion: Venables (1975),
        Journal of the Royal Statistical Society B 37, 406-412. How well it holds: benchmarks/simulate.py --planning.
    """
    is_known = np.isfinite(distance)
    t = np.where(is_known, np.abs(distance), 1.0)
    beyond = (1 - FORECAST_LEVEL) / 2
    low, high = (_noncentrality(t, freedom, share) for share in (1 - beyond, beyond))
    times, upper, lower = (
        np.where(is_known, _times(value, freedom, tail, power), np.nan) for value in (t, low, np.maximum(high, low))
    )
    # A distance as small as few equals show by chance says less about the number than its interval does.
    return Growth(np.clip(times, lower, upper), lower, upper)


def chance_to_decide(times: FloatArray, distance: FloatArray, freedom: FloatArray, tail: float) -> FloatArray:
    """Give the chance of a decision in the right direction by a study so many times as large; see growth_needed."""
    grown = np.clip(times * (freedom + 1) - 1, 1, LARGEST_FREEDOM)
    beyond, seen = -scipy.special.stdtrit(grown, tail), distance * np.sqrt(times)
    below = scipy.special.nctdtr(grown, seen, beyond)
    # Far from the middle it may be no number; there the normal distribution says the same.
    return np.asarray(1 - np.where(np.isnan(below), scipy.special.ndtr(beyond - seen), below))


def _times(distance: FloatArray, freedom: FloatArray, tail: float, power: float) -> FloatArray:
    apart = distance > 1e-9

    def enough(log_times: FloatArray) -> FloatArray:
        return chance_to_decide(np.exp(log_times), distance, freedom, tail) - power

    start, end = (np.full(np.shape(distance), np.log(edge)) for edge in (SMALLEST, LARGEST))
    times = np.exp(_crossing(enough, start, end))
    return np.where(apart & (times < LARGEST * 0.999), times, np.inf)


def _noncentrality(t: FloatArray, freedom: FloatArray, share: float) -> FloatArray:
    """Give the noncentrality at which |T| stays below t in this share of studies; 0 where none is so small."""

    def above(delta: FloatArray) -> FloatArray:
        # Where the other side's chance is too small to compute, it is none.
        return share - (
            scipy.special.nctdtr(freedom, delta, t) - np.nan_to_num(scipy.special.nctdtr(freedom, delta, -t))
        )

    crossing = _crossing(above, np.zeros_like(t), 4 * t + 20)
    return np.where(above(np.zeros_like(t)) >= 0, 0.0, crossing)


def _crossing(rising: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    """Find where functions that rise from below 0 to above reach it, by halving."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        reached = rising(middle) >= 0
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
