"""Compare metrics of systems on the same documents: intervals of means, and tests corrected for many pairs."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.bootstrap import multiplicities, percentile_interval
from stats.votes.arrays import FloatArray

NUMBERS_AT_ONCE = 4_000_000
ROUNDS = 10_000


@dataclass(frozen=True)
class Means:
    """Hold the mean of each system over its documents with its 95 % interval; NaN with a reason.

    Attributes:
        mean, lower, upper: In the metric's own unit, shape (n_systems,).
        reason: Why the mean is NaN; "" where it is not.
        interval_reason: Why the bounds are NaN; "" where they are not.
    """

    mean: FloatArray
    lower: FloatArray
    upper: FloatArray
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]


@dataclass(frozen=True)
class PairedDifferences:
    """Hold how each system differs from a chosen one on the documents that have values of both; shapes (n_systems,).

    Attributes:
        difference: Mean of the system minus the chosen one, in the metric's own unit; NaN without documents.
        documents: Number of these documents.
        p: Two-sided p-value of each pair alone; NaN with fewer than two documents.
        p_holm: The same, corrected for all pairs.
    """

    difference: FloatArray
    documents: FloatArray
    p: FloatArray
    p_holm: FloatArray


def mean_intervals(values: FloatArray, *, seed: int, resamples: int = 1000) -> Means:
    """Give the means with percentile intervals from resampling documents, the same ones for all systems.

    Args:
        values: Shape (n_systems, n_documents), in the metric's own unit; NaN where there is none.
        seed: Of the bootstrap.
        resamples: Number of resamples.
    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    defined = ~np.isnan(values)
    filled, counts = np.where(defined, values, 0), defined.sum(axis=1)
    mean = np.where(counts > 0, filled.sum(axis=1) / np.maximum(counts, 1), np.nan)
    times = multiplicities(np.random.default_rng(seed), max(1, values.shape[1]), resamples)[:, : values.shape[1]]
    drawn_counts = times @ defined.T.astype(np.float64)
    drawn = np.where(drawn_counts > 0, times @ filled.T / np.where(drawn_counts > 0, drawn_counts, 1), np.nan)
    lower, upper = percentile_interval(drawn)
    lower[counts < 2] = upper[counts < 2] = np.nan
    reason = tuple("" if count else "no values" for count in counts)
    interval_reason = tuple("" if count > 1 else "one document" if count else "no values" for count in counts)
    return Means(mean, lower, upper, reason, interval_reason)


def _p_values(differences: FloatArray, seed: int, rounds: int) -> FloatArray:
    """Compute two-sided p-values that mean differences are zero, by flipping the signs of documents at random.

    A p-value is (1 + rounds at least as far from zero) / (1 + rounds). It is exact, over all flips, where there are at
    most `rounds` of them.

    Args:
        differences: Shape (k, n_documents), for k comparisons; 0 where a document has no pair, so that its sign changes
            nothing.
    Returns:
        Shape (k,).
    """
    n = differences.shape[1]
    # Sums in another order differ by rounding; such a flip counts as far from zero as the observed one.
    limit = np.abs(differences.sum(axis=1)) - 1e-9 * np.abs(differences).sum(axis=1)
    exact = 2**n <= rounds
    generator = np.random.default_rng(seed)
    rounds = 2**n if exact else rounds
    as_far, size = np.zeros(len(differences)), max(1, NUMBERS_AT_ONCE // max(n, len(differences)))
    for begin in range(0, rounds, size):
        number = np.arange(begin, min(begin + size, rounds))[:, np.newaxis]
        flips = (number >> np.arange(n)) & 1 if exact else generator.integers(2, size=(len(number), n))
        as_far += (np.abs((1.0 - 2 * flips) @ differences.T) >= limit).sum(axis=0)
    return as_far / rounds if exact else (1 + as_far) / (1 + rounds)


def holm(p: FloatArray) -> FloatArray:
    """Adjust p-values so that at most one in twenty families has a false one below 0.05; NaN stay and do not count.

    Args:
        p: Of one family of tests, shape (k,).
    Returns:
        Adjusted p-values in the same order, at most 1.
    Source:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
        Statistics 6, 65-70.
    """
    adjusted = np.full(p.shape, np.nan)
    defined = np.flatnonzero(~np.isnan(p))
    order = defined[np.argsort(p[defined], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1) if len(order) else stepped
    return adjusted


def compare_with(values: FloatArray, chosen: int, *, seed: int, rounds: int = ROUNDS) -> PairedDifferences:
    """Compare every system with one, on the documents that have values of both; Holm corrects for these pairs alone.

    Args:
        values: Shape (n_systems, n_documents), in the metric's own unit; NaN where there is none.
        chosen: Index of the system that the others are compared with.
        seed: Of the flips.
        rounds: Random flips; all flips are counted instead where there are at most so many.
    Returns:
        Arrays of shape (n,); NaN, and 0 documents, for the chosen system itself.
    Source:
        Noreen (1989), Computer-Intensive Methods for Testing Hypotheses, on approximate randomization. Phipson and
        Smyth (2010), Permutation p-values should never be zero, Statistical Applications in Genetics and Molecular
        Biology 9, article 39.
    """
    others = np.arange(len(values)) != chosen
    gaps = values - values[chosen]
    defined = ~np.isnan(gaps) & others[:, np.newaxis]
    gaps, counts = np.where(defined, gaps, 0), defined.sum(axis=1)
    mean = np.where(counts > 0, gaps.sum(axis=1) / np.maximum(counts, 1), np.nan)
    p = np.where(counts > 1, _p_values(gaps, seed, rounds), np.nan)
    return PairedDifferences(mean, counts.astype(np.float64), p, holm(p))
