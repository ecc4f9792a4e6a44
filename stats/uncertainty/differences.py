"""Say which systems differ: the one rule of boards, ranks, planning, verdicts and fragility."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

import numpy as np

from stats.uncertainty.calibrated import Precision
from stats.uncertainty.simultaneous import SMALLEST_ERROR, draw_errors, family_quantile, ranks
from stats.votes.arrays import BoolArray, FloatArray

# The draws have a seed of their own, so that whoever asks gets the same answer.
SEED, DRAWS = 0, 1000


class Told(StrEnum):
    """Name what the votes say of two systems.

    Attributes:
        DIFFER: One is better than the other.
        OPEN: Not told apart: either may be the better one, or they may be equals.
        TOO_FEW: Too little was said about them to ask.
    """

    DIFFER = "differ"
    OPEN = "not told apart"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Differences:
    """Hold all differences of systems that votes connect, in log-odds; arrays of shape (n, n).

    Attributes:
        gap: Strength of i less that of j at [i, j].
        sure: Precision of the gaps.
        quantile: Standard errors within which all gaps stay at once, were the errors known.
        limited: Pairs whose distance the votes limit on both sides; the others have no interval.
        too_few: Pairs that are not told apart whatever their gap is.
    """

    gap: FloatArray
    sure: Precision
    quantile: float
    limited: BoolArray
    too_few: BoolArray

    @classmethod
    def of(
        cls, strengths: FloatArray, sure: Precision, inverse: FloatArray, *, limited: BoolArray, too_few: BoolArray
    ) -> Self:
        """Compare all pairs by intervals that hold for all of them at once.

        Args:
            strengths: Shape (n,), in log-odds.
            sure: Their calibrated.precision.
            inverse: sandwich.bread of the votes, shape (n, n), which says how errors go together.
            limited, too_few: See the attributes.
        Source:
            Romano and Wolf (2005), Econometrica 73, 1237-1282 (all pairs at once); calibrated.precision (the errors).
            A second implementation is in tests/stats/uncertainty/test_differences.py.
        """
        gap = strengths[:, np.newaxis] - strengths[np.newaxis, :]
        return cls(gap, sure, family_quantile(rule_errors(inverse), every_pair(len(gap))), limited, too_few)

    @cached_property
    def reach(self) -> FloatArray:
        """Give half the width of each interval."""
        return self.sure.reach_together(self.quantile)

    @property
    def tail(self) -> float:
        """Give the chance beyond either end of an interval of two equals; see Precision.tail_together."""
        return self.sure.tail_together(self.quantile)

    @cached_property
    def differ(self) -> BoolArray:
        """Mark the pairs that differ: not too few, and an interval without 0."""
        return np.asarray(~self.too_few & (self.reach > SMALLEST_ERROR) & (np.abs(self.gap) > self.reach))

    def told(self, i: int, j: int) -> Told:
        """Say what the votes say of two systems."""
        if self.too_few[i, j]:
            return Told.TOO_FEW
        return Told.DIFFER if self.differ[i, j] else Told.OPEN

    def ranks(self) -> tuple[FloatArray, FloatArray]:
        """Give the best and worst rank that each system may have; see simultaneous.ranks."""
        return ranks(self.gap.T, self.differ)


def rule_errors(inverse: FloatArray) -> FloatArray:
    """Draw the errors from which every family's quantile comes; shape (DRAWS, n). See simultaneous.draw_errors."""
    return draw_errors(inverse, SEED, DRAWS)


def every_pair(n: int) -> BoolArray:
    """Mark all pairs of n systems, each once; shape (n, n)."""
    return np.triu(np.ones((n, n), dtype=np.bool_), 1)


def pairs_among(n: int, pairs: Sequence[tuple[int, int]]) -> BoolArray:
    """Mark some pairs of n systems; shape (n, n)."""
    family = np.zeros((n, n), dtype=np.bool_)
    family[tuple(np.array(pairs).T)] = True
    return family
