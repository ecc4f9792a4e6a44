"""Give shares with Wilson intervals, for independent answers and for answers that come in clusters."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError

LEVEL = 0.95
WILSON = "Wilson score interval"
CLUSTERED = "Wilson score interval on the effective sample size, quantile of t with clusters - 1 degrees of freedom"
UNANIMOUS = "Wilson score interval, each cluster counted once because all answers are alike"
NO_ANSWERS = "no answers yet"
ONE_CLUSTER = "all answers are from one {cluster}: nothing shows how far {cluster}s differ"


@dataclass(frozen=True)
class Proportion:
    """Hold a share of answers with its interval.

    Attributes:
        value: hits / n; None where n is 0.
        lower, upper: Bounds; None where there is no interval.
        hits: Answers that count.
        n: All answers.
        effective_n: Number of independent answers that would tell as much; None where it is unknown.
        method: Name of the method.
        reason: Why something is None; "" where nothing is.
    """

    value: float | None
    lower: float | None
    upper: float | None
    hits: int
    n: int
    effective_n: float | None
    method: str
    reason: str

    def excludes(self, value: float) -> bool | None:
        """Tell whether the value lies outside the interval; None where there is no interval."""
        if self.lower is None or self.upper is None:
            return None
        return not self.lower <= value <= self.upper


def wilson_interval(hits: FloatArray, n: FloatArray, *, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Give Wilson's score interval of many shares of independent answers at once.

    Args:
        hits: Answers that count, from 0 to n, any shape. Halves are allowed; they make the interval slightly too wide.
        n: All answers, same shape.
        level: Of the interval, between 0 and 1.
    Returns:
        Lower and upper bounds, same shape, from 0 to 1; NaN where n is 0.
    Source:
        As in wilson.
    """
    answers = np.where(n > 0, n, np.nan)
    return _wilson_bounds(hits / answers, answers, float(scipy.special.ndtri(0.5 + level / 2)))


def wilson(hits: int, n: int, *, level: float = LEVEL) -> Proportion:
    """Give the share of independent answers with Wilson's score interval.

    Args:
        hits: Answers that count, 0 to n.
        n: All answers.
        level: Of the interval, between 0 and 1.
    Raises:
        InvalidVotesError: Not 0 <= hits <= n, or the level is not between 0 and 1.
    Source:
        Wilson (1927), JASA 22, 209-212; recommended by Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133.
    """
    _check(hits, n, level)
    if not n:
        return Proportion(None, None, None, 0, 0, None, WILSON, NO_ANSWERS)
    lower, upper = map(float, _wilson_bounds(hits / n, n, float(scipy.special.ndtri(0.5 + level / 2))))
    return Proportion(hits / n, lower, upper, hits, n, float(n), WILSON, "")


def clustered_wilson(hits: IntArray, n: IntArray, *, cluster: str, level: float = LEVEL) -> Proportion:
    """Give the share of answers that come in clusters, such as all answers of one annotator, with an interval.

    The variance of hits / n between clusters (linearised ratio estimator) gives the design effect, never below 1.
    Wilson's formula takes n / design effect for n, and the quantile of t with clusters - 1 degrees of freedom, because
    the variance is itself estimated. Where all answers are alike, nothing shows how far clusters differ; each cluster
    then counts as one answer, the most cautious choice.

    Args:
        hits, n: Answers that count, and all answers, of each cluster, shape (n_clusters,); clusters without answers
            are left out.
        cluster: What a cluster is, in one word, for the reason.
        level: Of the interval, between 0 and 1.
    Raises:
        InvalidVotesError: Shapes differ, not 0 <= hits <= n in each cluster, or the level is not between 0 and 1.
    Source:
        Korn and Graubard (1998), Survey Methodology 24, 193-201 (effective sample size and t); Wilson's in place of
        the exact interval: Franco et al. (2019), Journal of Survey Statistics and Methodology 7, 334-364.
    """
    if hits.shape != n.shape or hits.ndim != 1 or (hits < 0).any() or (hits > n).any():
        raise InvalidVotesError("hits and n must have one shape (n_clusters,) and 0 <= hits <= n.")
    hits, n = hits[n > 0], n[n > 0]
    total, answers = int(hits.sum()), int(n.sum())
    _check(total, answers, level)
    if not answers:
        return Proportion(None, None, None, 0, 0, None, CLUSTERED, NO_ANSWERS)
    share = total / answers
    if len(n) == 1:
        reason = ONE_CLUSTER.format(cluster=cluster)
        return Proportion(share, None, None, total, answers, None, CLUSTERED, reason)
    if total in (0, answers):
        lower, upper = map(float, _wilson_bounds(share, len(n), float(scipy.special.ndtri(0.5 + level / 2))))
        return Proportion(share, lower, upper, total, answers, float(len(n)), UNANIMOUS, "")
    effective = answers / _design_effect(hits.astype(np.float64), n.astype(np.float64))
    lower, upper = map(
        float, _wilson_bounds(share, effective, float(scipy.special.stdtrit(len(n) - 1, 0.5 + level / 2)))
    )
    return Proportion(share, lower, upper, total, answers, effective, CLUSTERED, "")


def _design_effect(hits: FloatArray, n: FloatArray) -> float:
    """Divide the variance between clusters by that of independent answers; at least 1."""
    clusters, share = len(n), hits.sum() / n.sum()
    variance = clusters / (clusters - 1) * ((hits - share * n) ** 2).sum() / n.sum() ** 2
    return max(1.0, float(variance / (share * (1 - share) / n.sum())))


def _wilson_bounds(share: FloatArray | float, n: FloatArray | float, quantile: float) -> tuple[FloatArray, FloatArray]:
    """Give Wilson's bounds of shares of n independent answers, for this normal or t quantile."""
    square = quantile**2 / n
    middle = (share + square / 2) / (1 + square)
    half = quantile * np.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    # Rounding must not put the bound of a unanimous share beyond the share itself.
    return np.maximum(0.0, np.minimum(share, middle - half)), np.minimum(1.0, np.maximum(share, middle + half))


def _check(hits: int, n: int, level: float) -> None:
    """Refuse counts that are no share, and levels that make no interval."""
    if not 0 <= hits <= n:
        raise InvalidVotesError(f"{hits} of {n} is no share; expected 0 <= hits <= n.")
    if not 0 < level < 1:
        raise InvalidVotesError(f"The level is {level}; expected a number between 0 and 1, such as 0.95.")
