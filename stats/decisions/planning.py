"""How many votes a study still needs to tell its systems apart."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from stats.strengths.bradley_terry import SCALE
from stats.votes.arrays import FloatArray, IntArray

POWER = 0.8
LEVEL = 0.05


@dataclass(frozen=True)
class Separation:
    """Neighbours in the order of the ratings, from the top; arrays of shape (n - 1,).

    gap: in rating points. error: its standard error. votes_needed: in all, to tell the two apart with the power asked
    for if the true gap is this one and documents, annotators and votes all grow alike; infinite for no gap.
    """

    better: IntArray
    worse: IntArray
    gap: FloatArray
    error: FloatArray
    votes_needed: FloatArray

    @property
    def columns(self) -> tuple[IntArray | FloatArray, ...]:
        return self.better, self.worse, self.gap, self.error, self.votes_needed


def separation(
    strengths: FloatArray, variance: FloatArray, n_votes: int, *, power: float = POWER, level: float = LEVEL
) -> Separation:
    """votes * (error * (z(1 - level/2) + z(power)) / gap)^2: an error shrinks with the root of the votes.

    Args:
        strengths: Shape (n,), in log-odds.
        variance: Shape (n, n), of the differences, as small_samples.Components has them; one that is not positive
            tells nothing, and its error is NaN.
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
    return float(norm.ppf(chance))
