"""Find which distances the votes limit, and rank systems where some distances have no limit."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.simultaneous import unclear_pairs
from stats.votes.arrays import BoolArray, FloatArray
from stats.votes.graphs import main_circle, same_circle


@dataclass(frozen=True)
class Limits:
    """Hold which distances between systems the votes limit.

    Attributes:
        circle: Pairs whose distance the votes limit on both sides, each system with itself; shape (n, n).
        main: Systems of the circle that holds more than half of all systems; shape (n,).
        unclear: Pairs without such limits that the votes do not tell apart; shape (n, n); see unclear_pairs.
    """

    circle: BoolArray
    main: BoolArray
    unclear: BoolArray

    @classmethod
    def of(cls, wins: FloatArray) -> "Limits":
        """Find the limits that votes set.

        Args:
            wins: Shape (n, n), how often i beat j at [i, j], ties half each way.
        """
        return cls(same_circle(wins > 0), main_circle(wins > 0), unclear_pairs(wins))

    def held(self, drawn: FloatArray, strengths: FloatArray) -> FloatArray:
        """Shift each resample so that the mean of each circle is its mean in the full set.

        The lead of a system that won every vote depends on the prior alone, differs from resample to resample, and
        would move the others through the common mean. Where a resample lacks some systems of a circle, the mean is
        that of the others.

        Args:
            drawn: Strengths in resamples, shape (r, n); NaN where a resample says nothing about a system.
            strengths: Strengths of the full set, shape (n,).
        """
        if self.circle.all():
            return drawn
        present = ~np.isnan(drawn)
        off = np.where(present, strengths - drawn, 0)
        return drawn + (off @ self.circle) / np.maximum(present.astype(np.float64) @ self.circle, 1)

    def ranks(self, lower: FloatArray, upper: FloatArray, strengths: FloatArray) -> FloatArray:
        """Rank each system as 1 + the number of systems surely better; NaN without bounds.

        Within a circle, a system is surely better if its lower bound lies above this one's upper bound. Elsewhere no
        bounds say how far apart two systems are, and `unclear` says whether it is sure which one is ahead.

        Args:
            lower, upper: Bounds of the strengths in `held` resamples, shape (n,).
            strengths: Strengths of the full set, shape (n,).
        """
        bounded = ~np.isnan(upper)
        above = np.where(
            self.circle,
            lower[np.newaxis, :] > upper[:, np.newaxis],
            (strengths[np.newaxis, :] > strengths[:, np.newaxis]) & ~self.unclear & bounded[np.newaxis, :],
        )
        return np.where(bounded, 1.0 + above.sum(axis=1), np.nan)
