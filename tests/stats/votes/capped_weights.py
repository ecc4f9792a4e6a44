"""Weights 1 / P, capped if asked: a second implementation beside stats.votes.weights, which caps nothing."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import FloatArray, InvalidVotesError


@dataclass(frozen=True)
class Weights:
    """Inverse-probability weights with mean 1.

    n_capped: votes whose weight the cap cut. effective_n: (sum w)^2 / sum w^2, how many equal votes tell as much.
    """

    weights: FloatArray
    n_capped: int
    effective_n: float | None


def inverse_probability_weights(probabilities, *, cap=None):
    """Weights 1 / P of votes whose pair was drawn with probability P, scaled to mean 1.

    They undo the preference of the sampling, so that averages over votes become averages over pairs drawn evenly. A
    few rare draws can then outweigh all the rest; a cap trades a little bias for less variance.

    Args:
        probabilities: Stored with each vote's assignment, in (0, 1], shape (n,).
        cap: Highest weight as a multiple of the mean before capping, more than 0; None leaves all as they are.
    Returns:
        Weights of shape (n,); effective_n is None without votes.
    Raises:
        InvalidVotesError: A probability is not in (0, 1], or the cap is not above 0.
    Source:
        Chiang et al. (2024), arXiv:2403.04132, eq. 7. Cap: Ionides (2008), Journal of Computational and Graphical
        Statistics 17, 295-311. Effective number: Kish (1965), Survey Sampling.
    """
    if not ((probabilities > 0) & (probabilities <= 1)).all():
        raise InvalidVotesError("Probabilities of draws must be above 0 and at most 1.")
    if cap is not None and not cap > 0:
        raise InvalidVotesError(f"The cap is {cap}; expected a number above 0.")
    if not len(probabilities):
        return Weights(np.empty(0), 0, None)
    weights = 1 / probabilities
    limit = np.inf if cap is None else cap * weights.mean()
    capped = np.minimum(weights, limit)
    return Weights(
        weights=capped / capped.mean(),
        n_capped=int((weights > limit).sum()),
        effective_n=float(capped.sum() ** 2 / (capped**2).sum()),
    )
