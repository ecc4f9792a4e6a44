"""Win rates of every pair of systems, with counts and intervals."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import wilson_interval
from stats.votes.arrays import FloatArray, IntArray, VoteArrays


@dataclass(frozen=True)
class WinRates:
    """Arrays of shape (n, n), row against column; NaN where the two never met.

    rate: (wins of the row + ties / 2 + both bad / 2) / votes. lower, upper: 95 % Wilson interval, single votes.
    """

    votes: IntArray
    rate: FloatArray
    lower: FloatArray
    upper: FloatArray


def win_rates(votes: VoteArrays, *, level: float = 0.95) -> WinRates:
    """Each pair by itself, no model; every vote counts 1."""
    unweighted = VoteArrays(
        votes.system_a, votes.system_b, votes.outcome, votes.document, votes.annotator, votes.n_systems
    )
    wins = unweighted.wins()
    counts = wins + wins.T
    met = counts > 0
    rate = np.where(met, wins / np.maximum(counts, 1), np.nan)
    lower, upper = wilson_interval(wins, counts, level=level)
    return WinRates(counts.round().astype(np.int64), rate, lower, upper)
