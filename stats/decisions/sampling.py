"""Which pair of systems to compare next: where one more vote narrows the uncertainty most."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import (
    A_SHARE,
    BoolArray,
    FloatArray,
    IntArray,
    InvalidVotesError,
    OutcomeCode,
    check_codes,
    check_columns,
)

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
class Draw:
    """A pair and the probability with which it was drawn, to be stored with the assignment."""

    pair: int
    probability: float


@dataclass(frozen=True)
class Weights:
    """Inverse-probability weights with mean 1.

    n_capped: votes whose weight the cap cut. effective_n: (sum w)^2 / sum w^2, how many equal votes tell as much.
    """

    weights: FloatArray
    n_capped: int
    effective_n: float | None


def pair_moments(pair: IntArray, outcome: IntArray, n_pairs: int) -> PairMoments:
    """Votes and variance of each pair.

    Args:
        pair: Index of the pair of each vote, 0 to n_pairs - 1, shape (n,).
        outcome: OutcomeCode seen from the pair's first system, shape (n,); see system_pairs.
        n_pairs: Pairs there are, with or without votes.
    Raises:
        InvalidVotesError: Shapes differ, an outcome is unknown or a pair is out of range.
    """
    check_columns(pair=pair, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    if len(pair) and pair.max() >= n_pairs:
        raise InvalidVotesError(f"Pair {pair.max()} is out of range; there are {n_pairs}.")
    score = A_SHARE[outcome]
    votes = np.bincount(pair, minlength=n_pairs).astype(np.int64)
    sums = np.bincount(pair, score, minlength=n_pairs).astype(np.float64)
    squares = np.bincount(pair, score**2, minlength=n_pairs).astype(np.float64)
    return PairMoments(votes, smoothed_variance(votes, sums, squares))


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


def draw(probabilities: FloatArray, generator: np.random.Generator) -> Draw:
    """Draw one pair.

    Args:
        probabilities: Shape (n_pairs,), sum 1.
    Raises:
        InvalidVotesError: The probabilities are no distribution.
    """
    if probabilities.ndim != 1 or (probabilities < 0).any() or not np.isclose(probabilities.sum(), 1):
        raise InvalidVotesError("Expected probabilities of shape (n_pairs,), from 0 up, with sum 1.")
    pair = int(generator.choice(len(probabilities), p=probabilities))
    return Draw(pair, float(probabilities[pair]))


def inverse_probability_weights(probabilities: FloatArray, *, cap: float | None = None) -> Weights:
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
