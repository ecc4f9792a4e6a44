"""Choose the pair of systems to compare next: the one where another vote reduces the uncertainty most."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError

EPSILON = 0.2
# The prior adds one vote for each side. Without it a pair with two equal votes would have variance 0 and never be drawn
# again.
PRIOR_VOTES = 2.0
PRIOR_SUM = PRIOR_SQUARES = 1.0


class NoPairAvailableError(ValueError):
    """No pair is available, so nothing can be drawn."""


@dataclass(frozen=True)
class PairMoments:
    """Hold counts and variances by pair.

    Attributes:
        votes: Number of votes, shape (..., n_pairs).
        variance: Variance of the score of a vote (1, 1/2 or 0) with the prior, same shape.
    """

    votes: IntArray
    variance: FloatArray


@dataclass(frozen=True)
class DrawnPair:
    """Hold a drawn pair and the probability of drawing it, which is stored with the assignment.

    Attributes:
        pair: Index of the pair.
        probability: In (0, 1].
    """

    pair: int
    probability: float


def smoothed_variance(votes: IntArray, sums: FloatArray, squares: FloatArray) -> FloatArray:
    """Compute the variance of the scores of each pair, with one vote added for each side; 1/4 without votes.

    Args:
        votes, sums, squares: Number of votes, sum of their scores, and sum of their squared scores; any common shape.
    """
    n = votes + PRIOR_VOTES
    return (squares + PRIOR_SQUARES) / n - ((sums + PRIOR_SUM) / n) ** 2


def pair_probabilities(moments: PairMoments, available: BoolArray, *, epsilon: float = EPSILON) -> FloatArray:
    """Compute the probability of drawing each pair next.

    Over the available pairs A, P(a) = (1 - epsilon) P_adaptive(a) + epsilon / |A|. P_adaptive(a) is proportional to
    sqrt(V_a / n_a) - sqrt(V_a / (n_a + 1)), with n_a the votes on a and V_a the variance of their scores: how much one
    more vote shortens the standard error of the pair's win rate. Where some available pairs have no votes (the formula
    is infinite there), P_adaptive is uniform over those. The restriction to A comes first, so that every available pair
    has P >= epsilon / |A|, whatever the others are.

    V differs from the paper's, which is the variance of X_t(a) = outcome / P_t(a) if a was drawn at t, else 0. Here it
    is that of the outcome itself, which does not depend on how often a pair was drawn before.

    Args:
        moments: Votes and variance of each pair, shape (..., n_pairs).
        available: Pairs that this annotator can be given now, same shape.
        epsilon: Share drawn uniformly, more than 0 (every pair must keep a known probability), at most 1.
    Returns:
        Shape (..., n_pairs), with sum 1 along the last axis; 0 where not available.
    Raises:
        NoPairAvailableError: No pair is available.
        InvalidVotesError: Shapes differ, or not 0 < epsilon <= 1.
    Source:
        Chiang et al. (2024), arXiv:2403.04132, eq. 9.
    """
    _check(moments, available, epsilon)
    n = np.maximum(moments.votes, 1)
    gain = np.sqrt(moments.variance) * (1 / np.sqrt(n) - 1 / np.sqrt(n + 1))
    unseen = available & (moments.votes == 0)
    adaptive = _normalised(np.where(unseen.any(axis=-1, keepdims=True), unseen, gain * available))
    return (1 - epsilon) * adaptive + epsilon * _normalised(available.astype(np.float64))


def question_probabilities(in_question: BoolArray, *, epsilon: float = EPSILON) -> FloatArray:
    """Compute the probability of drawing each available pair where most votes go to one of them.

    P(a) = (1 - epsilon) [a is the pair in question] + epsilon / n; 1 / n where the pair in question is not among them.

    Args:
        in_question: Which of the n available pairs is the one in question, shape (n,), at most one.
        epsilon: Share drawn uniformly, more than 0, at most 1.
    Raises:
        NoPairAvailableError: No pair is available.
        InvalidVotesError: Not 0 < epsilon <= 1.
    """
    if not 0 < epsilon <= 1:
        raise InvalidVotesError(f"epsilon is {epsilon}; expected more than 0 and at most 1.")
    if not len(in_question):
        raise NoPairAvailableError("No pair is available: nothing can be drawn.")
    even = _normalised(np.ones(len(in_question)))
    return (1 - epsilon) * in_question + epsilon * even if in_question.any() else even


def _check(moments: PairMoments, available: BoolArray, epsilon: float) -> None:
    """Refuse input that gives no probabilities."""
    if not 0 < epsilon <= 1:
        raise InvalidVotesError(f"epsilon is {epsilon}; expected more than 0 and at most 1.")
    if available.shape != moments.votes.shape:
        raise InvalidVotesError(f"available has shape {available.shape}; expected {moments.votes.shape}.")
    if not available.any(axis=-1).all():
        raise NoPairAvailableError("No pair is available: nothing can be drawn.")


def _normalised(weights: FloatArray) -> FloatArray:
    """Scale to sum 1 along the last axis."""
    return weights / weights.sum(axis=-1, keepdims=True)


def draw_pair(probabilities: FloatArray, generator: np.random.Generator) -> DrawnPair:
    """Draw one pair.

    Args:
        probabilities: Shape (n_pairs,), from 0 up, with sum 1.
        generator: Source of the random numbers.
    Raises:
        InvalidVotesError: The probabilities are no distribution.
    """
    if probabilities.ndim != 1 or (probabilities < 0).any() or not np.isclose(probabilities.sum(), 1):
        raise InvalidVotesError("Expected probabilities of shape (n_pairs,), from 0 up, with sum 1.")
    pair = int(generator.choice(len(probabilities), p=probabilities))
    return DrawnPair(pair, float(probabilities[pair]))
