"""Compute Kendall's tau-b, Spearman's and Pearson's correlation of many rows at once."""

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray

COEFFICIENTS = ("kendall", "spearman", "pearson")
# From so many columns on, sorting each row takes less time than looking at all pairs of columns.
WIDE = 200


def correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Correlate x and y row by row, over the columns where both have a value.

    Args:
        x, y: Shape (r, n), NaN where there is no value.
    Returns:
        Shape (3, r), in the order of COEFFICIENTS, each in [-1, 1]; NaN with fewer than two columns, or where x or y is
        constant.
    Source:
        Kendall (1945), The treatment of ties in ranking problems, Biometrika 33, 239-251 (tau-b). Spearman (1904),
        American Journal of Psychology 15, 72-101, on mean ranks.
    """
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    return np.stack([_kendall(x, y), _pearson(_ranks(x), _ranks(y), both), _pearson(x, y, both)])


def _ranks(values: FloatArray) -> FloatArray:
    """Rank the values of each row, ties by their mean rank."""
    # Loaded here, because it takes a second, which every start of the site and of a worker would wait for.
    from scipy.stats import rankdata

    ranks: FloatArray = rankdata(values, axis=1, nan_policy="omit") if values.size else values
    return ranks


def _pearson(x: FloatArray, y: FloatArray, both: BoolArray) -> FloatArray:
    """Correlate row by row where `both` is true."""
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    # Rounding may leave a constant row a sum of squares above zero.
    varies = _varies(x, both) & _varies(y, both)
    x, y = (np.where(both, values, 0) for values in (x, y))
    x, y = (np.where(both, values - values.sum(axis=1, keepdims=True) / count, 0) for values in (x, y))
    xx, yy, xy = (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1)
    defined = varies & (xx > 0) & (yy > 0)
    return np.where(defined, xy / np.sqrt(np.where(defined, xx * yy, 1)), np.nan)


def _varies(values: FloatArray, chosen: BoolArray) -> BoolArray:
    """Tell by row whether the chosen values differ."""
    highest, lowest = np.where(chosen, values, -np.inf).max(axis=1), np.where(chosen, values, np.inf).min(axis=1)
    return np.asarray(highest > lowest)


def _kendall(x: FloatArray, y: FloatArray) -> FloatArray:
    """Compute tau-b row by row."""
    if x.shape[1] >= WIDE:
        return _kendall_sorted(x, y)
    first, second = np.triu_indices(x.shape[1], 1)
    # NaN where a value is missing; such pairs do not count.
    signs_x, signs_y = (np.sign(values[:, first] - values[:, second]) for values in (x, y))
    agree = np.nansum(signs_x * signs_y, axis=1)
    untied_x, untied_y = np.nansum(signs_x**2, axis=1), np.nansum(signs_y**2, axis=1)
    both = untied_x * untied_y
    return np.where(both > 0, agree / np.sqrt(np.where(both > 0, both, 1)), np.nan)


def _kendall_sorted(x: FloatArray, y: FloatArray) -> FloatArray:
    """Compute tau-b one row after the other, each by sorting."""
    from scipy.stats import kendalltau

    taus = np.full(len(x), np.nan)
    both = ~(np.isnan(x) | np.isnan(y))
    for i, chosen in enumerate(both):
        if chosen.sum() > 1:
            taus[i] = kendalltau(x[i, chosen], y[i, chosen]).statistic
    return taus
