"""Count the win rates of all pairs of systems, with numbers of votes and intervals."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import wilson_interval
from stats.votes.arrays import FloatArray, IntArray, VoteArrays


@dataclass(frozen=True)
class WinRates:
    """Hold arrays of shape (n, n), row against column; NaN where the two never met.

    Attributes:
        votes: Number of votes.
        rate: (wins of the row + ties / 2 + both bad / 2) / votes.
        lower, upper: Bounds of the Wilson interval, which takes single votes as independent.
    """

    votes: IntArray
    rate: FloatArray
    lower: FloatArray
    upper: FloatArray


def win_rates(votes: VoteArrays, *, level: float = 0.95) -> WinRates:
    """Count the win rate of each pair by itself, without a model; every vote counts 1.

    Args:
        votes: Votes; their weights are not used.
        level: Of the intervals, between 0 and 1.
    Source:
        Intervals: see proportions.wilson.
    """
    unweighted = VoteArrays(
        votes.system_a, votes.system_b, votes.outcome, votes.document, votes.annotator, votes.n_systems
    )
    wins = unweighted.wins()
    counts = wins + wins.T
    met = counts > 0
    rate = np.where(met, wins / np.maximum(counts, 1), np.nan)
    lower, upper = wilson_interval(wins, counts, level=level)
    return WinRates(counts.round().astype(np.int64), rate, lower, upper)
