"""Weigh votes by how reliable their annotators are, by their votes on other documents."""

import numpy as np

from stats.raters.reliability import discriminations
from stats.votes.arrays import FloatArray, IntArray, VoteArrays
from stats.votes.tallies import units

FOLDS = 5
# Nobody weighs less than this or more than that share of the group's discrimination.
LEAST, MOST = 0.02, 1.5


def reliability_weights(votes: VoteArrays, comparison: IntArray, *, seed: int) -> FloatArray:
    """Weigh each vote by its annotator's discrimination, from votes on documents of other folds alone.

    Cross-fitted: documents are dealt into FOLDS at random, and the weights on one fold come from the others, so that no
    vote has a part in its own weight and agreement by chance is not rewarded. Weights are shrunk with the
    discriminations: somebody with few votes weighs 1. With votes whose log-odds are a discrimination times the distance
    of the systems, weights in its proportion have the smallest variance among weighted fits.

    Args:
        votes: Of one question; their own weights are not used.
        comparison: Index of what was compared, shape (n_votes,); see reliabilities.
        seed: Of the folds.
    Returns:
        Shape (n_votes,), above 0, with mean 1.
    Source:
        Cross-fitting: Chernozhukov et al. (2018), The Econometrics Journal 21, C1-C68. Weights in proportion to
        reliability: Dawid and Skene (1979), JRSS C 28, 20-28; see reliabilities for the model.
    """
    fold = _folds(votes.document, seed)
    weights = np.ones(len(votes))
    for number in range(FOLDS):
        inside, outside = fold == number, fold != number
        columns = (votes.system_a, votes.system_b, comparison, votes.annotator, votes.outcome)
        people, value = discriminations(*(column[outside] for column in columns))
        if not len(people):
            continue
        row = np.minimum(np.searchsorted(people, votes.annotator[inside]), len(people) - 1)
        is_known = people[row] == votes.annotator[inside]
        weights[inside] = np.where(is_known, np.clip(value[row], LEAST, MOST), 1.0)
    return np.asarray(weights / weights.mean()) if len(weights) else weights


def _folds(document: IntArray, seed: int) -> IntArray:
    """Deal the documents into folds of nearly equal size, and give the fold of each vote."""
    fold = np.random.default_rng(seed).permutation(units(document)) % FOLDS
    return np.asarray(fold[document])
