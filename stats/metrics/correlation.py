"""Kendall's tau-b, Spearman's and Pearson's correlation of many rows at once."""

import numpy as np
from scipy.stats import rankdata

from stats.votes.arrays import BoolArray, FloatArray

COEFFICIENTS = ("kendall", "spearman", "pearson")


def correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Row by row over the columns where both have a value; NaN with fewer than two, or where x or y is constant.

    Args:
        x, y: Shape (r, n).
    Returns:
        Shape (3, r), in the order of COEFFICIENTS.
    Source:
        Kendall (1945), The treatment of ties in ranking problems, Biometrika 33, 239-251 (tau-b). Spearman (1904),
        American Journal of Psychology 15, 72-101, on mean ranks.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(known, x, np.nan), np.where(known, y, np.nan)
    return np.stack([_kendall(x, y), _pearson(_ranks(x), _ranks(y), known), _pearson(x, y, known)])


def _ranks(values: FloatArray) -> FloatArray:
    ranks: FloatArray = rankdata(values, axis=1, nan_policy="omit") if values.size else values
    return ranks


def _pearson(x: FloatArray, y: FloatArray, known: BoolArray) -> FloatArray:
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    # A constant row may have a sum of squares of some rounding errors instead of zero.
    varies = _varies(x, known) & _varies(y, known)
    x, y = (np.where(known, values, 0) for values in (x, y))
    x, y = (np.where(known, values - values.sum(axis=1, keepdims=True) / count, 0) for values in (x, y))
    xx, yy, xy = (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1)
    defined = varies & (xx > 0) & (yy > 0)
    return np.where(defined, xy / np.sqrt(np.where(defined, xx * yy, 1)), np.nan)


def _varies(values: FloatArray, known: BoolArray) -> BoolArray:
    highest, lowest = np.where(known, values, -np.inf).max(axis=1), np.where(known, values, np.inf).min(axis=1)
    return np.asarray(highest > lowest)


def _kendall(x: FloatArray, y: FloatArray) -> FloatArray:
    first, second = np.triu_indices(x.shape[1], 1)
    # NaN where a value is missing: such a pair is no pair.
    signs_x, signs_y = (np.sign(values[:, first] - values[:, second]) for values in (x, y))
    agree = np.nansum(signs_x * signs_y, axis=1)
    untied_x, untied_y = np.nansum(signs_x**2, axis=1), np.nansum(signs_y**2, axis=1)
    both = untied_x * untied_y
    return np.where(both > 0, agree / np.sqrt(np.where(both > 0, both, 1)), np.nan)
