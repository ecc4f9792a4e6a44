"""Which pair of systems to compare next: where one more vote narrows the uncertainty most."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError

EPSILON = 0.2
# The prior: one vote for each side, as if seen before. Without it a pair with two equal votes has variance 0 and would
# never be drawn again.
PRIOR_VOTES = 2.0
PRIOR_SUM = PRIOR_SQUARES = 1.0


class NoPairAvailableError(ValueError):
    """Nothing can be drawn because no pair is available."""


@dataclass(frozen=True)
class PairMoments:
    """By pair: votes, and variance of the score of a vote (1, a half, 0) with the prior; shape (..., n_pairs)."""

    votes: IntArray
    variance: FloatArray


@dataclass(frozen=True)
class DrawnPair:
    """A pair and the probability with which it was drawn, to be stored with the assignment."""

    pair: int
    probability: float


def smoothed_variance(votes: IntArray, sums: FloatArray, squares: FloatArray) -> FloatArray:
    """Variance of the scores of each pair, one vote for each side added; 1/4 without votes. Any shape."""
    n = votes + PRIOR_VOTES
    return (squares + PRIOR_SQUARES) / n - ((sums + PRIOR_SUM) / n) ** 2


def pair_probabilities(moments: PairMoments, available: BoolArray, *, epsilon: float = EPSILON) -> FloatArray:
    """Probability of each pair to be drawn next.

    Over the available pairs A: P(a) = (1 - epsilon) P_adaptive(a) + epsilon / |A| with
    P_adaptive(a) proportional to sqrt(V_a / n_a) - sqrt(V_a / (n_a + 1)), n_a the votes on a and V_a the variance of
    their scores. That is how much one more vote shortens the standard error of the pair's win rate. Where some
    available pairs have no votes (the formula is infinite there), P_adaptive is uniform over those. Restricting to A
    comes first, so that every available pair has P >= epsilon / |A|, whatever the others are.

    Differs from the paper in V: there it is the variance of X_t(a) = outcome / P_t(a) if a was drawn at t, else 0;
    here that of the outcome itself, which does not depend on how often a pair was drawn before.

    Args:
        moments: Of each pair, shape (..., n_pairs).
        available: Pairs this annotator can be given now, same shape.
        epsilon: Part drawn uniformly, more than 0 (every pair must keep a known chance), at most 1.
    Returns:
        Shape (..., n_pairs), sums to 1 along the last axis; 0 where not available.
    Raises:
        NoPairAvailableError: No pair is available.
        InvalidVotesError: Shapes differ, or not 0 < epsilon <= 1.
    Source:
        Chiang et al. (2024), arXiv:2403.04132, eq. 9.
    """
    if not 0 < epsilon <= 1:
        raise InvalidVotesError(f"epsilon is {epsilon}; expected more than 0 and at most 1.")
    if available.shape != moments.votes.shape:
        raise InvalidVotesError(f"available has shape {available.shape}; expected {moments.votes.shape}.")
    if not available.any(axis=-1).all():
        raise NoPairAvailableError("No pair is available: nothing can be drawn.")
    n = np.maximum(moments.votes, 1)
    gain = np.sqrt(moments.variance) * (1 / np.sqrt(n) - 1 / np.sqrt(n + 1))
    unseen = available & (moments.votes == 0)
    adaptive = _normalised(np.where(unseen.any(axis=-1, keepdims=True), unseen, gain * available))
    return (1 - epsilon) * adaptive + epsilon * _normalised(available.astype(np.float64))


def _normalised(weights: FloatArray) -> FloatArray:
    return weights / weights.sum(axis=-1, keepdims=True)


def draw_pair(probabilities: FloatArray, generator: np.random.Generator) -> DrawnPair:
    """Draw one pair.

    Args:
        probabilities: Shape (n_pairs,), sum 1.
    Raises:
        InvalidVotesError: The probabilities are no distribution.
    """
    if probabilities.ndim != 1 or (probabilities < 0).any() or not np.isclose(probabilities.sum(), 1):
        raise InvalidVotesError("Expected probabilities of shape (n_pairs,), from 0 up, with sum 1.")
    pair = int(generator.choice(len(probabilities), p=probabilities))
    return DrawnPair(pair, float(probabilities[pair]))
