"""Weigh votes by the known chances with which their pairs were drawn."""

import numpy as np

from stats.votes.arrays import FloatArray


def chance_weights(chance: FloatArray) -> FloatArray:
    """Weigh each drawn vote by 1 / chance, scaled to mean 1 over the drawn votes; all others weigh 1.

    Args:
        chance: Probability of each vote's draw times the number of comparisons it was drawn among, above 0; NaN where
            nothing was drawn. Shape (n_votes,).
    Returns:
        Shape (n_votes,).
    Source:
        Horvitz and Thompson (1952), A generalization of sampling without replacement from a finite universe, Journal
        of the American Statistical Association 47, 663-685. docs/rater-statistics.md says when these are the right
        weights.
    """
    weights = 1 / chance
    drawn = ~np.isnan(weights)
    if drawn.any():
        weights /= weights[drawn].mean()
    weights[~drawn] = 1.0
    return weights


def effective_votes(weights: FloatArray) -> float | None:
    """Count the equally weighted votes that tell as much, (sum w)^2 / sum w^2; None without votes.

    Args:
        weights: Above 0, shape (n_votes,).
    Source:
        Kish (1965), Survey Sampling, section 11.7.
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else None
