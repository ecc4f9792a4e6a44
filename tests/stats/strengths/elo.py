"""Elo ratings of votes in the order of time, to show what the rating of a board does not depend on."""

import numpy as np

K = 4.0
START = 1000.0
BASE, SCALE = 10.0, 400.0


def elo(votes, *, k=K, start=START):
    """Ratings after all votes, one after the other in the order given; NaN for a system without votes.

    Each vote moves k * (result - expected) points from one system to the other, expected = 1 / (1 + 10^((b - a)/400)).
    The same votes in another order give other ratings: use Bradley–Terry for a board. Weights are not used.

    Args:
        votes: In order of time. A tie or both bad is one half.
        k: The most points a vote can move.
    Source:
        Elo (1978), The Rating of Chessplayers, Past and Present.
    """
    ratings = [start] * votes.n_systems
    rows = zip(votes.system_a.tolist(), votes.system_b.tolist(), votes.a_share.tolist(), strict=True)
    for a, b, share in rows:
        moved = k * (share - 1 / (1 + BASE ** ((ratings[b] - ratings[a]) / SCALE)))
        ratings[a] += moved
        ratings[b] -= moved
    return np.where(votes.count_by_system() > 0, ratings, np.nan)
