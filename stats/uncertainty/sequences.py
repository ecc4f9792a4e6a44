"""Bound a win rate at all numbers of votes at once, so that one may look after every vote and stop at any time."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import FloatArray

LARGEST_BET = 0.5


@dataclass(frozen=True)
class ConfidenceSequence:
    """Hold an estimate with its bounds after 1, 2, ... n votes.

    Attributes:
        estimate: Shape (n,).
        lower, upper: Bounds, shape (n,), never wider than after fewer votes.
    """

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def decided_after(self) -> int | None:
        """Give the number of votes after which the bounds first exclude one half; None if they never do."""
        outside = (self.lower > 0.5) | (self.upper < 0.5)
        return int(outside.argmax()) + 1 if outside.any() else None


def confidence_sequence(results: FloatArray, *, level: float = 0.95) -> ConfidenceSequence:
    """Compute the predictable plug-in empirical-Bernstein confidence sequence, intersected with all earlier bounds.

    All bounds hold the true mean with at least this probability if each result has that mean given those before it.
    Several votes of one annotator or on one document break this assumption: take one result of each, or their mean.

    Args:
        results: Shape (n,), in order of time, each from 0 to 1: 1 a win, 1/2 a tie, 0 a loss.
        level: Probability that all bounds hold, between 0 and 1.
    Raises:
        ValueError: A result is not from 0 to 1.
    Source:
        Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting, Journal of the Royal
        Statistical Society B 86, 1-27, theorem 2 (arXiv 2010.09686).
    """
    if results.size and not ((results >= 0) & (results <= 1)).all():
        raise ValueError("Results must be from 0 to 1.")
    if not results.size:
        return ConfidenceSequence(*(np.empty(0) for _ in range(3)))
    alpha = 1 - level
    t = np.arange(1, len(results) + 1)
    mean = (0.5 + np.cumsum(results)) / (t + 1)
    variance = (0.25 + np.cumsum((results - mean) ** 2)) / (t + 1)
    mean_before, variance_before = np.r_[0.5, mean[:-1]], np.r_[0.25, variance[:-1]]
    bet = np.minimum(np.sqrt(2 * np.log(2 / alpha) / (variance_before * t * np.log1p(t))), LARGEST_BET)
    surprise = 4 * (results - mean_before) ** 2 * (-np.log1p(-bet) - bet) / 4
    total = np.cumsum(bet)
    centre = np.cumsum(bet * results) / total
    reach = (np.log(2 / alpha) + np.cumsum(surprise)) / total
    lower = np.maximum.accumulate(np.maximum(centre - reach, 0))
    upper = np.minimum.accumulate(np.minimum(centre + reach, 1))
    return ConfidenceSequence(centre, lower, upper)
