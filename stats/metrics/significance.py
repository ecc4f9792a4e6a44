"""Metrics of systems on the same documents: intervals of means, and tests of differences that allow for many pairs."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.bootstrap import multiplicities, percentile_interval
from stats.votes.arrays import FloatArray

NUMBERS_AT_ONCE = 4_000_000
ROUNDS = 10_000


@dataclass(frozen=True)
class Means:
    """By system: the mean over its documents with its 95 % interval; NaN with a reason."""

    mean: FloatArray
    lower: FloatArray
    upper: FloatArray
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]


@dataclass(frozen=True)
class PairedDifferences:
    """Mean of row minus column over the documents both have, and two-sided p-values, shape (n, n); (n,) against one.

    p: of each pair alone. p_holm: allowing for all pairs. NaN where fewer than two documents have both.
    """

    difference: FloatArray
    documents: FloatArray
    p: FloatArray
    p_holm: FloatArray


def mean_intervals(values: FloatArray, *, seed: int, resamples: int = 1000) -> Means:
    """Percentile intervals from drawing documents again, the same for all systems.

    Args:
        values: Shape (n_systems, n_documents), NaN where there is none.
    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    mean = np.where(counts > 0, np.where(known, values, 0).sum(axis=1) / np.maximum(counts, 1), np.nan)
    times = multiplicities(np.random.default_rng(seed), max(1, values.shape[1]), resamples)[:, : values.shape[1]]
    drawn_counts = times @ known.T.astype(np.float64)
    drawn = np.where(
        drawn_counts > 0, times @ np.where(known, values, 0).T / np.where(drawn_counts > 0, drawn_counts, 1), np.nan
    )
    lower, upper = percentile_interval(drawn)
    lower[counts < 2] = upper[counts < 2] = np.nan
    reason = tuple("" if count else "no values" for count in counts)
    interval_reason = tuple("" if count > 1 else "one document" if count else "no values" for count in counts)
    return Means(mean, lower, upper, reason, interval_reason)


def _p_values(differences: FloatArray, seed: int, rounds: int) -> FloatArray:
    """Of many comparisons at once, shape (k, n_documents); 0 where a document has no pair: its sign changes nothing."""
    n = differences.shape[1]
    # Sums in another order differ by rounding; such a flip is as far from zero as the observed one.
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
    """p-values adjusted so that below 0.05 at most one in twenty families has a false one; NaN stay and do not count.

    Source:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
        Statistics 6, 65-70.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1) if len(order) else stepped
    return adjusted


def compare_with(values: FloatArray, chosen: int, *, seed: int, rounds: int = ROUNDS) -> PairedDifferences:
    """Every system against one, on the documents both have values for; Holm allows for these pairs alone.

    Args:
        values: Shape (n_systems, n_documents), NaN where there is none.
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
    both = values - values[chosen]
    known = ~np.isnan(both) & others[:, np.newaxis]
    both, counts = np.where(known, both, 0), known.sum(axis=1)
    mean = np.where(counts > 0, both.sum(axis=1) / np.maximum(counts, 1), np.nan)
    p = np.where(counts > 1, _p_values(both, seed, rounds), np.nan)
    return PairedDifferences(mean, counts.astype(np.float64), p, holm(p))
