"""Votes and variances of pairs from single votes: a second implementation beside the counts that a study keeps."""

import numpy as np

from stats.decisions.sampling import PairMoments, smoothed_variance
from stats.votes.arrays import A_SHARE, InvalidVotesError, OutcomeCode, check_codes, check_columns


def pair_moments(pair, outcome, n_pairs):
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
