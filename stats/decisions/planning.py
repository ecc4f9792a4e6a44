"""Forecast how many votes a study needs to tell neighbouring systems apart."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from stats.strengths.bradley_terry import SCALE
from stats.votes.arrays import FloatArray, IntArray

POWER = 0.8
LEVEL = 0.05


@dataclass(frozen=True)
class Separation:
    """Hold the gaps between neighbours in the order of the ratings, from the top; arrays of shape (n - 1,).

    Attributes:
        better, worse: Index of the two systems.
        gap: In rating points.
        error: Standard error of the gap, in rating points.
        votes_needed: Votes in all that tell the two apart with the given power, if the gap is the true one and
            documents, annotators and votes grow alike; infinite for no gap.
    """

    better: IntArray
    worse: IntArray
    gap: FloatArray
    error: FloatArray
    votes_needed: FloatArray

    @property
    def columns(self) -> tuple[IntArray | FloatArray, ...]:
        """List the arrays in the order of the attributes."""
        return self.better, self.worse, self.gap, self.error, self.votes_needed


def separation(
    strengths: FloatArray, variance: FloatArray, n_votes: int, *, power: float = POWER, level: float = LEVEL
) -> Separation:
    """Compute the votes that separate neighbours, votes * (error * (z(1 - level/2) + z(power)) / gap)^2.

    The formula says that an error shrinks with the root of the number of votes.

    Args:
        strengths: Shape (n,), in log-odds.
        variance: Variances of the differences in squared log-odds, shape (n, n), as in calibrated.precision. Where
            one is not positive, its error is NaN.
        n_votes: Number of votes that the strengths and variances come from.
        power: Probability of telling the two apart, between 0 and 1.
        level: Of the two-sided test, between 0 and 1.
    Source:
        The usual normal approximation, as in Chow, Shao and Wang (2008), Sample Size Calculations in Clinical Research.
    """
    order = np.argsort(-strengths, kind="stable")
    better, worse = order[:-1], order[1:]
    square = variance[better, worse]
    error = SCALE * np.sqrt(np.where(square > 0, square, np.nan))
    gap = SCALE * (strengths[better] - strengths[worse])
    factor = _z(1 - level / 2) + _z(power)
    # Rounding leaves gaps of 1e-13 between equals.
    apart = gap > 1e-6
    needed = np.where(apart, n_votes * (error * factor / np.where(apart, gap, 1)) ** 2, np.inf)
    return Separation(better, worse, gap, error, needed)


def _z(chance: float) -> float:
    """Give the normal quantile."""
    return float(ndtri(chance))
