"""One number from several columns, with weights the reader chooses: a description, not a measurement."""

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray


def combined_index(columns: FloatArray, weights: FloatArray, higher_is_better: BoolArray) -> FloatArray:
    """Weighted mean of the columns in standard deviations from the mean over the systems; 0 is the average system.

    Args:
        columns: Shape (n_systems, k), NaN where there is no value.
        weights: Shape (k,), from 0 up, some above 0; only their proportions matter.
        higher_is_better: Shape (k,).
    Returns:
        Shape (n_systems,); NaN for a system that lacks a value in a column with weight. A column in which all are equal
        adds 0.
    Raises:
        ValueError: Weights that are negative, not finite or all zero.
    """
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.sum() > 0:
        raise ValueError("Weights must be finite, not negative, and not all zero.")
    used = weights > 0
    index = np.zeros(len(columns))
    for values, weight, up in zip(columns.T[used], weights[used], higher_is_better[used], strict=True):
        known = values[~np.isnan(values)]
        varies = known.size > 1 and np.ptp(known) > 0
        standard = (values - known.mean()) / known.std() if varies else np.where(np.isnan(values), np.nan, 0.0)
        index += weight / weights.sum() * (standard if up else -standard)
    return index
