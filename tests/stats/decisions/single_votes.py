"""Votes that tell a win rate from one half, by the textbook formula for single votes: a second implementation."""

import numpy as np
from scipy.stats import norm


def votes_for_win_rate(win_rate, *, power=0.8, level=0.05):
    """Votes that tell this win rate from one half (two-sided test), every vote on its own; infinite for one half.

    Source:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, chapter 2.
    """
    distance = abs(win_rate - 0.5)
    if distance == 0:
        return np.inf
    spread_of_one = norm.ppf(1 - level / 2) * 0.5 + norm.ppf(power) * np.sqrt(win_rate * (1 - win_rate))
    return float(np.ceil((spread_of_one / distance) ** 2))
