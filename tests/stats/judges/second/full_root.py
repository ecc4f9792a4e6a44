"""Helped strengths a second time: the root of the whole estimating equation, and its spread over resampled documents."""

import numpy as np
from scipy.optimize import root

from stats.strengths.bradley_terry import PENALTY


def design(a, b, n):
    """1 at a, -1 at b, by row."""
    x = np.zeros((len(a), n))
    x[np.arange(len(a)), a] += 1
    x[np.arange(len(a)), b] -= 1
    return x


def full_root(votes, item, items, predicted, tuning):
    """Solve: gradient of the votes - tuning * (predictions on votes - predictions on all items, by pair as heavy) = 0."""
    n = votes.n_systems
    x_votes, x_items = design(votes.system_a, votes.system_b, n), design(items.system_a, items.system_b, n)
    f_votes = np.where(votes.system_a == items.system_a[item], predicted[item], 1 - predicted[item])
    gap = x_votes.T @ (votes.weights * (f_votes - 0.5))
    key_votes = np.minimum(votes.system_a, votes.system_b) * n + np.maximum(votes.system_a, votes.system_b)
    key_items = np.minimum(items.system_a, items.system_b) * n + np.maximum(items.system_a, items.system_b)
    for key in np.unique(key_votes):
        heavy = votes.weights[key_votes == key].sum()
        here = key_items == key
        gap = gap - heavy * (x_items[here].T @ (predicted[here] - 0.5)) / here.sum()

    def equation(s):
        chance = 1 / (1 + np.exp(-(x_votes @ s)))
        return x_votes.T @ (votes.weights * (votes.a_share - chance)) - tuning * gap - PENALTY * s

    return root(equation, np.zeros(n)).x
