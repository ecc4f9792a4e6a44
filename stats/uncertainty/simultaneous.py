"""Intervals that hold for all systems at once, and what ranks they leave open."""

import numpy as np
from scipy.stats import norm

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import BoolArray, FloatArray
from stats.votes.graphs import same_circle

SMALLEST_ERROR = 1e-9  # log-odds; a difference that never varies says nothing about who is better


def complete(drawn: FloatArray) -> FloatArray:
    """Only the resamples that say something about every system."""
    return drawn[~np.isnan(drawn).any(axis=1)]


def max_t_interval(drawn: FloatArray, estimate: FloatArray, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Bounds that contain the true values of all systems at once with this probability.

    estimate -+ c * se, c being the level's quantile of max_j |drawn_j - estimate_j| / se_j over the resamples.

    Args:
        drawn: Shape (r, n), complete resamples, on the scale of the estimate.
        estimate: Shape (n,).
    Returns:
        Lower and upper bounds, shape (n,); a value that never varies (an anchor) is its own interval.
    Source:
        Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping, Econometrica 73, 1237-1282.
    """
    error = drawn.std(axis=0, ddof=1)
    varies = error > SMALLEST_ERROR
    distance = np.abs(drawn - estimate)[:, varies] / error[varies]
    reach = np.quantile(distance.max(axis=1), level) * error if varies.any() else 0 * error
    reach = np.where(varies, reach, 0)
    return estimate - reach, estimate + reach


def rank_interval(
    drawn: FloatArray,
    estimate: FloatArray,
    *,
    level: float = 0.95,
    unclear: BoolArray | None = None,
    factor: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Ranks that contain the true ranks of all systems at once with at least this probability.

    From simultaneous intervals of all pairwise differences, max-t as above: the best rank of a system is 1 + the number
    of systems surely better, the worst n - the number surely worse. Differences, because intervals of single ratings
    can overlap although one system is surely better.

    Args:
        drawn, estimate: As in max_t_interval; adding a constant to a row changes nothing.
        factor: Shape (n, n), by how much each difference's interval is wider; see small_samples.expansion.
        unclear: Shape (n, n), pairs that count as not told apart whatever the resamples say; see unclear_pairs.
    Source:
        Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks with applications to mobility across
        neighbourhoods and academic achievement across countries, Review of Economic Studies 91, 476-518.
    """
    error = np.array([(drawn - drawn[:, [j]]).std(axis=0, ddof=1) for j in range(len(estimate))])
    gap = estimate[np.newaxis, :] - estimate[:, np.newaxis]
    largest = np.zeros(len(drawn))
    for j in range(len(estimate)):
        varies = error[j] > SMALLEST_ERROR
        if varies.any():
            off = np.abs(drawn - drawn[:, [j]] - gap[j])[:, varies] / error[j, varies]
            largest = np.maximum(largest, off.max(axis=1))
    reach = np.quantile(largest, level) * error * (1 if factor is None else factor)
    return ranks(gap, reach if unclear is None else np.where(unclear, np.inf, reach))


def unclear_pairs(wins: FloatArray, *, level: float = 0.95) -> BoolArray:
    """Pairs whose distance the votes do not limit on both sides, unless there are votes enough to be sure.

    Drawing again never makes a system lose that always won: after three votes it looks as sure as after three hundred.
    So half a win is added each way wherever two systems met, which makes every log-odds and its error finite, and such
    a pair is clear only if its gap exceeds its (single votes') error by Bonferroni's factor over all pairs.

    Args:
        wins: Shape (n, n), ties half.
    Source:
        Haldane (1956), The estimation and significance of the logarithm of a ratio of frequencies, Annals of Human
        Genetics 20, 309-311 (the half). For when a distance is without limit: Ford (1957), as in graphs.
    """
    limited = same_circle(wins > 0)
    if limited.all():
        return ~limited
    helped = wins + 0.5 * (wins + wins.T > 0)
    strengths = fit_bradley_terry(helped)
    covariance = bread(helped, strengths)
    gap = np.abs(strengths[np.newaxis, :] - strengths[:, np.newaxis])
    return np.asarray((gap <= _bonferroni(len(wins), level) * _errors(covariance)) & ~limited)


def _bonferroni(n: int, level: float) -> float:
    """Over all pairs of n systems, two-sided."""
    return float(norm.ppf(1 - (1 - level) / (2 * max(1, n * (n - 1) // 2))))


def _errors(covariance: FloatArray) -> FloatArray:
    """Of the differences, shape (n, n)."""
    variance = np.diag(covariance)
    squares = variance[:, np.newaxis] + variance[np.newaxis, :] - 2 * covariance
    errors: FloatArray = np.sqrt(np.maximum(squares, 0))
    return errors


def ranks(gap: FloatArray, reach: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Best and worst rank of each system, where j is surely better than i if gap[i, j] > reach[i, j] > 0."""
    sure = (reach > SMALLEST_ERROR) & (np.abs(gap) > reach)
    best = 1.0 + (sure & (gap > 0)).sum(axis=1)
    worst = len(gap) - (sure & (gap < 0)).sum(axis=1).astype(np.float64)
    return best, worst
