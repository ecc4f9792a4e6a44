"""Hold clicks at random against careful votes of somebody with tastes of their own, by a likelihood ratio."""

import numpy as np
import scipy

from stats.raters.others import DecidedVotes
from stats.votes.arrays import FloatArray, IntArray

# How far careful people follow what the others see, with prior mean and spread, and standard deviations of their own
# taste for each system, in log-odds: all that is tried.
DISCRIMINATIONS = np.array([0.5, 0.7, 0.85, 1.0, 1.2, 1.5])
USUAL, USUAL_SD = 1.0, 0.25
TASTES = np.array([0.0, 0.2, 0.4, 0.7, 1.1])
# Share of careless people while these two are looked for.
CARELESS = 0.05
# Tastes drawn, with as many negatives of them, to integrate over; people from whom the two above are learnt.
DRAWS, SEED = 32, 0
MOST_PEOPLE = 200
VOTES_AT_ONCE = 8_192


def careless_ratios(votes: DecidedVotes, gap: FloatArray, people: IntArray) -> FloatArray:
    """Give the log-likelihood ratio of clicks at random over careful votes, shape (len(people),).

    Careful votes of somebody have the log-odds k * gap + t_a - t_b, with tastes t of their own for each system, normal
    with standard deviation s, integrated out by Monte Carlo. How likely each k and s is follows from the votes of all
    others, some of whom may be careless (an average over a grid, with a prior on k).

    Args:
        votes: Sorted by annotator.
        gap: Expected log-odds of a, shape (n,); see expected_gap.
        people: Whose ratios, as indexes of annotators.
    Source:
        Neyman and Pearson (1933), Philosophical Transactions of the Royal Society A 231, 289-337.
    """
    count = len(votes.starts) - 1
    known = np.unique(np.linspace(0, count - 1, min(count, MOST_PEOPLE)).round().astype(np.int64))
    clicks = np.diff(votes.starts) * np.log(0.5)
    mixed = _mixed(_careful(votes, gap, known), clicks[known])
    prior = -0.5 * ((DISCRIMINATIONS - USUAL) / USUAL_SD) ** 2
    total = mixed.sum(axis=1) + np.repeat(prior, len(TASTES))
    careful = _careful(votes, gap, people)
    # Nobody's own votes say what is usual.
    own = np.where(np.isin(people, known), _mixed(careful, clicks[people]), 0)
    weight = total[:, np.newaxis] - own
    weight -= scipy.special.logsumexp(weight, axis=0)
    return np.asarray(clicks[people] - scipy.special.logsumexp(weight + careful, axis=0))


def _mixed(careful: FloatArray, clicks: FloatArray) -> FloatArray:
    """Give the log-likelihood of people of whom CARELESS click, shape (grid, people)."""
    return np.logaddexp(np.log1p(-CARELESS) + careful, np.log(CARELESS) + clicks)


def _careful(votes: DecidedVotes, gap: FloatArray, people: IntArray) -> FloatArray:
    """Give the log-likelihood of each one's votes at each discrimination and spread of tastes, shape (grid, people)."""
    half = np.random.default_rng(SEED).normal(size=(DRAWS, votes.n_systems))
    tastes = np.concatenate([half, -half])
    sizes, grid = np.diff(votes.starts)[people], len(DISCRIMINATIONS) * len(TASTES)
    found, begin, ends = np.empty((grid, len(people))), 0, sizes.cumsum()
    while begin < len(people):
        before = ends[begin] - sizes[begin]
        end = max(begin + 1, int(np.searchsorted(ends, before + VOTES_AT_ONCE, side="right")))
        found[:, begin:end] = _careful_of(votes, gap, people[begin:end], tastes)
        begin = end
    return found


def _careful_of(votes: DecidedVotes, gap: FloatArray, people: IntArray, tastes: FloatArray) -> FloatArray:
    """Give the same of people whose votes fit into memory at once; tastes: shape (draws, n_systems)."""
    rows = np.concatenate([np.arange(votes.starts[person], votes.starts[person + 1]) for person in people])
    sizes = np.diff(votes.starts)[people]
    firsts = sizes.cumsum() - sizes
    sign = np.where(votes.won[rows] > 0, 1.0, -1.0)
    towards = sign * gap[rows]
    own = sign * (tastes[:, votes.system_a[rows]] - tastes[:, votes.system_b[rows]])
    return np.array(
        [
            scipy.special.logsumexp(
                np.add.reduceat(scipy.special.log_expit(k * towards + s * own), firsts, axis=1), axis=0
            )
            - np.log(len(tastes))
            for k in DISCRIMINATIONS
            for s in TASTES
        ]
    )
