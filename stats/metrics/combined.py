"""Combine several columns into one number with weights that the reader chooses: a description, not a measurement."""

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray


def combined_index(columns: FloatArray, weights: FloatArray, higher_is_better: BoolArray) -> FloatArray:
    """Average the columns with weights, each in standard deviations from its mean over the systems.

    Args:
        columns: Shape (n_systems, k), NaN where there is no value.
        weights: Shape (k,), from 0 up, some above 0; only their proportions matter.
        higher_is_better: Shape (k,).
    Returns:
        Shape (n_systems,); 0 is the average system, NaN a system without a value in a column that has weight. A column
        in which all values are equal adds 0.
    Raises:
        ValueError: Weights are negative, not finite or all zero.
    """
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.sum() > 0:
        raise ValueError("Weights must be finite, not negative, and not all zero.")
    used = weights > 0
    index = np.zeros(len(columns))
    for values, weight, up in zip(columns.T[used], weights[used], higher_is_better[used], strict=True):
        defined = values[~np.isnan(values)]
        varies = defined.size > 1 and np.ptp(defined) > 0
        standard = (values - defined.mean()) / defined.std() if varies else np.where(np.isnan(values), np.nan, 0.0)
        index += weight / weights.sum() * (standard if up else -standard)
    return index
