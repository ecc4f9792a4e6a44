"""The prediction-powered mean of PPI++: a second implementation of how much the ratings of two systems gain."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from stats.votes.arrays import InvalidVotesError


@dataclass(frozen=True)
class PoweredMean:
    """value with its interval, and what the labels alone give.

    tuning: how much the predictions count, 0 (not at all) to 1. effective: labels that would give this interval
    without predictions; never below the number there is, as predictions that do not help are not used.
    """

    value: float
    lower: float
    upper: float
    classical: float
    classical_lower: float
    classical_upper: float
    tuning: float
    effective: float


def powered_mean(labels, predicted, unlabelled, *, level=0.95):
    """Mean of labels, such as a win probability: t * mean(unlabelled) + mean(labels - t * predicted).

    t makes the variance smallest and is kept within 0 to 1; where that is not smaller than the labels' own, t is 0.

    Args:
        labels, predicted: Shape (n,), n from 2 up, of the same independent units: single votes only if they are
            independent, else means by document.
        unlabelled: Shape (m,), predictions for other units drawn alike, m from 2 up.
    Raises:
        InvalidVotesError: Too few values, or shapes that differ.
    Source:
        Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient prediction-powered inference, arXiv 2311.01453. On
        comparing language models: Boyeau et al. (2024), arXiv 2403.07008.
    """
    if len(labels) < 2 or len(unlabelled) < 2 or labels.shape != predicted.shape:
        raise InvalidVotesError("Two labels with their predictions and two other predictions are needed at least.")
    n, m = len(labels), len(unlabelled)
    covariance = np.cov(labels, predicted, ddof=1) / n
    own, pooled = covariance[0, 0], covariance[1, 1] + unlabelled.var(ddof=1) / m
    tuning = float(np.clip(covariance[0, 1] / pooled, 0, 1)) if pooled > 0 else 0.0
    variance = own - 2 * tuning * covariance[0, 1] + tuning**2 * pooled
    if not variance < own:
        tuning, variance = 0.0, own
    classical = labels.mean()
    value = tuning * unlabelled.mean() + (labels - tuning * predicted).mean()
    reach, wide = norm.ppf(0.5 + level / 2) * np.sqrt(np.maximum([variance, own], 0))
    effective = n * own / variance if variance > 0 else np.inf if own > 0 else float(n)
    bounds = (value, value - reach, value + reach, classical, classical - wide, classical + wide)
    return PoweredMean(*map(float, (*bounds, tuning, effective)))
