"""Which distances the votes limit, and the resamples of systems held by those that they are limited to."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.simultaneous import unclear_pairs
from stats.votes.arrays import BoolArray, FloatArray
from stats.votes.graphs import main_circle, same_circle


@dataclass(frozen=True)
class Limits:
    """circle: shape (n, n), pairs whose distance the votes limit on both sides, each system with itself.

    main: shape (n,), the systems of the circle that has more than half of all. unclear: shape (n, n), pairs without
    limit of whom nobody can say who is better; see unclear_pairs.
    """

    circle: BoolArray
    main: BoolArray
    unclear: BoolArray

    @classmethod
    def of(cls, wins: FloatArray) -> "Limits":
        """wins: Shape (n, n), ties half."""
        return cls(same_circle(wins > 0), main_circle(wins > 0), unclear_pairs(wins))

    def held(self, drawn: FloatArray, strengths: FloatArray) -> FloatArray:
        """The resamples, moved so that the mean of each circle is its mean in the full set.

        A system that won every vote is as far ahead as the prior lets it be, in each resample anew, and would move the
        others through the mean of all. In a resample that lacks some of a circle, the mean is that of the rest.

        Args:
            drawn: Shape (r, n); NaN where a resample says nothing about a system.
            strengths: Shape (n,), of the full set.
        """
        if self.circle.all():
            return drawn
        there = ~np.isnan(drawn)
        off = np.where(there, strengths - drawn, 0)
        return drawn + (off @ self.circle) / np.maximum(there.astype(np.float64) @ self.circle, 1)

    def ranks(self, lower: FloatArray, upper: FloatArray, strengths: FloatArray) -> FloatArray:
        """1 + the number of systems surely better; NaN without bounds.

        Within a circle these are the systems whose lower bound lies above this one's upper bound. Where the votes set
        no limit, no bounds say how far apart two are, and unclear_pairs says whether it is sure who is ahead.

        Args:
            lower, upper: Shape (n,), of strengths held as above.
        """
        known = ~np.isnan(upper)
        above = np.where(
            self.circle,
            lower[np.newaxis, :] > upper[:, np.newaxis],
            (strengths[np.newaxis, :] > strengths[:, np.newaxis]) & ~self.unclear & known[np.newaxis, :],
        )
        return np.where(known, 1.0 + above.sum(axis=1), np.nan)
