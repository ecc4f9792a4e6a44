"""How narrow the intervals are after so many votes, and how many more it takes to tell neighbours apart."""

import math
from typing import Any

import numpy as np

from leaderboards.material import Material
from leaderboards.stats.arrays import IntArray, VoteArrays
from leaderboards.stats.bootstrap import bootstrap_strengths, draw
from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.parts import only, parts_of
from leaderboards.stats.planning import POWER, separation
from leaderboards.stats.ratings import rate
from leaderboards.stats.tallies import units

RESAMPLES = 300
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
# Fewer votes a system say more about luck than about a study's course.
FEWEST = 40


def planning(material: Material, seed: int) -> dict[str, Any]:
    """JSON-able; None where undefined, with its reason. No query of its own.

    widths: of 95 % intervals after a part of the votes, drawn by the seed. neighbours: in the order of the ratings.
    """
    votes = material.arrays
    return {
        "fingerprint": material.fingerprint,
        "seed": seed,
        "resamples": RESAMPLES,
        "power": POWER,
        "votes": len(votes),
        "widths": _widths(votes, seed),
        "neighbours": [
            neighbour
            for part in parts_of(votes)
            for neighbour in _neighbours(only(votes, part), [material.slugs[i] for i in part.tolist()], seed)
        ],
    }


def _widths(votes: VoteArrays, seed: int) -> list[dict[str, Any]]:
    order: IntArray = np.random.default_rng(seed).permutation(len(votes)).astype(np.int64)
    found = []
    for n in sorted({round(share * len(votes)) for share in SHARES}):
        if n < FEWEST and n < len(votes):
            continue
        ratings = rate(votes.take(order[:n]), seed=seed, resamples=RESAMPLES)
        width = ratings.upper - ratings.lower
        known = width[~np.isnan(width)]
        if known.size:
            found.append(
                {
                    "votes": n,
                    "median": float(np.median(known)),
                    "narrowest": float(known.min()),
                    "widest": float(known.max()),
                    "systems": int(known.size),
                }
            )
    return found


def _neighbours(votes: VoteArrays, names: list[str], seed: int) -> list[dict[str, Any]]:
    """Of votes that connect all their systems."""
    strengths = fit_bradley_terry(votes.wins())
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        drawn = np.full((1, len(strengths)), np.nan)
    else:
        draws = draw(np.random.default_rng(seed), n_documents, n_annotators, RESAMPLES)
        drawn = bootstrap_strengths(votes, strengths, draws)
    found = separation(strengths, drawn, len(votes))
    columns = (found.better.tolist(), found.worse.tolist(), found.gap, found.error, found.votes_needed)
    return [
        {
            "better": names[better],
            "worse": names[worse],
            "gap": float(gap),
            "error": None if math.isnan(error) else float(error),
            "votes_needed": math.ceil(needed) if math.isfinite(needed) else None,
            "reason": _why_not(error, needed),
        }
        for better, worse, gap, error, needed in zip(*columns, strict=True)
    ]


def _why_not(error: float, needed: float) -> str:
    if math.isnan(error):
        return "too few votes to say how sure the gap is"
    return "no gap so far" if math.isinf(needed) else ""
