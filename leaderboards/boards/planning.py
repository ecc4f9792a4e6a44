"""Planning: the width of intervals against the number of votes, and the votes needed to tell neighbours apart."""

from typing import Any

import numpy as np

from leaderboards.boards.neighbours import neighbour_gaps
from leaderboards.boards.rated import rate_board
from leaderboards.data.inputs import BoardInputs
from stats.decisions.planning import POWER
from stats.ratings.ratings import rate
from stats.votes.arrays import IntArray, VoteArrays

RESAMPLES = 300
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
# Fewer votes say more about luck than about the course of a study.
FEWEST = 40


def compute_planning(inputs: BoardInputs, seed: int) -> dict[str, Any]:
    """Compute values for JSON without a query; undefined is None, with its reason.

    "widths" are those of 95 % intervals after a part of the votes, drawn by the seed; "neighbours" are the board's.
    """
    votes = inputs.arrays
    return {
        "fingerprint": inputs.fingerprint,
        "seed": seed,
        "resamples": RESAMPLES,
        "power": POWER,
        "votes": len(votes),
        "widths": _widths(votes, seed),
        "neighbours": neighbour_gaps(rate_board(inputs, seed), inputs.slugs),
    }


def _widths(votes: VoteArrays, seed: int) -> list[dict[str, Any]]:
    order: IntArray = np.random.default_rng(seed).permutation(len(votes)).astype(np.int64)
    rows = []
    for n in sorted({round(share * len(votes)) for share in SHARES}):
        if n < FEWEST and n < len(votes):
            continue
        ratings = rate(votes.take(order[:n]), seed=seed, resamples=RESAMPLES)
        width = ratings.upper - ratings.lower
        defined = width[~np.isnan(width)]
        if defined.size:
            rows.append(
                {
                    "votes": n,
                    "median": float(np.median(defined)),
                    "narrowest": float(defined.min()),
                    "widest": float(defined.max()),
                    "systems": int(defined.size),
                }
            )
    return rows
