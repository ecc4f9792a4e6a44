"""Say how far several estimates stay from the truth at once, and which ranks differences leave open."""

import numpy as np
import scipy

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import BoolArray, FloatArray
from stats.votes.graphs import same_circle

SMALLEST_ERROR = 1e-9  # log-odds; a difference that never varies does not tell which system is better


def complete(drawn: FloatArray) -> FloatArray:
    """Keep the resamples that say something about every system."""
    return drawn[~np.isnan(drawn).any(axis=1)]


def draw_errors(inverse: FloatArray, seed: int, draws: int) -> FloatArray:
    """Draw errors of all strengths together from the normal distribution, with the covariance of the model.

    They say how errors of different strengths go together, which votes on the same systems decide. How large they are
    does not matter, as max_t_quantile divides by their spread.

    Args:
        inverse: sandwich.bread of the votes, shape (n, n).
        seed: Of the draws.
        draws: r.
    Returns:
        Shape (r, n), each row with mean zero.
    """
    n = len(inverse)
    # The factor of a positive definite matrix is unique; a shift of all strengths alike is taken away again.
    factor = np.linalg.cholesky(inverse + np.trace(inverse) / n**2)
    drawn = np.random.default_rng(seed).standard_normal((draws, n)) @ factor.T
    return np.asarray(drawn - drawn.mean(axis=1, keepdims=True))


def max_t_quantile(drawn: FloatArray, estimate: FloatArray, *, level: float = 0.95) -> float:
    """Give the level's quantile of max_j |drawn_j - estimate_j| / se_j over draws: how far all stay at once.

    Args:
        drawn: Shape (r, n), draws or complete resamples, on the scale of the estimate.
        estimate: Shape (n,).
        level: Between 0 and 1.
    Returns:
        In standard errors, for Precision.reach_together; 0 where nothing varies.
    Source:
        Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping, Econometrica 73, 1237-1282.
    """
    error = drawn.std(axis=0, ddof=1)
    varies = error > SMALLEST_ERROR
    distance = np.abs(drawn - estimate)[:, varies] / error[varies]
    return float(np.quantile(distance.max(axis=1), level)) if varies.any() else 0.0


def family_quantile(errors: FloatArray, family: BoolArray, *, level: float = 0.95) -> float:
    """Give the level's quantile of the largest |difference of errors| / its spread over a family of pairs.

    Args:
        errors: Shape (r, n), as draw_errors draws them.
        family: Shape (n, n), the pairs whose intervals shall hold at once.
        level: Between 0 and 1.
    Returns:
        In standard errors, for Precision.reach_together; 0 where nothing varies.
    Source:
        As in max_t_quantile, one system at a time, so that memory is that of the errors.
    """
    largest = np.zeros(len(errors))
    for i in np.flatnonzero(family.any(axis=1)).tolist():
        gaps = errors[:, [i]] - errors[:, family[i]]
        error = gaps.std(axis=0, ddof=1)
        varies = error > SMALLEST_ERROR
        if varies.any():
            largest = np.maximum(largest, (np.abs(gaps[:, varies]) / error[varies]).max(axis=1))
    return float(np.quantile(largest, level))


def unclear_pairs(wins: FloatArray, *, level: float = 0.95) -> BoolArray:
    """Mark the pairs whose distance the votes do not limit on both sides, unless there are enough votes to be sure.

    Resampling never makes a system lose that always won, so it looks as sure after three votes as after three hundred.
    Half a win is therefore added each way wherever two systems met, which makes all log-odds and their errors finite.
    Such a pair is clear only if its gap exceeds Bonferroni's factor over all pairs times its error from single votes.

    Args:
        wins: Shape (n, n), how often i beat j at [i, j], ties half each way.
        level: Of Bonferroni's factor, between 0 and 1.
    Returns:
        Shape (n, n), symmetric.
    Source:
        Haldane (1956), The estimation and significance of the logarithm of a ratio of frequencies, Annals of Human
        Genetics 20, 309-311 (the half). When a distance has no limit: Ford (1957), as in graphs.unbounded_nodes.
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
    """Give the two-sided normal quantile with Bonferroni's correction over all pairs of n systems."""
    return float(scipy.special.ndtri(1 - (1 - level) / (2 * max(1, n * (n - 1) // 2))))


def _errors(covariance: FloatArray) -> FloatArray:
    """Give the standard errors of all differences, shape (n, n)."""
    variance = np.diag(covariance)
    squares = variance[:, np.newaxis] + variance[np.newaxis, :] - 2 * covariance
    errors: FloatArray = np.sqrt(np.maximum(squares, 0))
    return errors


def ranks(gap: FloatArray, sure: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Give the best and worst rank of each system: j is surely better than i where sure[i, j] and gap[i, j] > 0.

    If all these are true at once with some probability, all true ranks lie between best and worst with at least that.
    Differences are used because the intervals of two ratings can overlap although one is surely better.

    Args:
        gap: Shape (n, n), strength of j less that of i at [i, j].
        sure: Shape (n, n), the pairs that differ.
    Returns:
        Ranks from 1, shape (n,).
    Source:
        Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks with applications to mobility across
        neighbourhoods and academic achievement across countries, Review of Economic Studies 91, 476-518.
    """
    best = 1.0 + (sure & (gap > 0)).sum(axis=1)
    worst = len(gap) - (sure & (gap < 0)).sum(axis=1).astype(np.float64)
    return best, worst
