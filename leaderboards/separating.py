"""Which neighbours on a board the votes tell apart, and how many it would take."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from leaderboards.stats.arrays import IntArray, VoteArrays
from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.parts import only, parts_of
from leaderboards.stats.planning import separation_by_covariance
from leaderboards.stats.sandwich import two_way_covariance
from leaderboards.stats.tallies import units

NOT_KNOWN = "the votes leave no error to reckon with"
NO_GAP = "no gap: no number of votes tells equals apart"


def neighbours(votes: VoteArrays, names: Sequence[str]) -> list[dict[str, Any]]:
    """By part, from the top: gap in points, its error, and the votes needed in all (of the part), with 80 % power.

    Ties count half. The errors are those of the two-way clustered sandwich.
    """
    return [line for part in parts_of(votes) for line in _of_part(only(votes, part), part, names)]


def _of_part(votes: VoteArrays, part: IntArray, names: Sequence[str]) -> list[dict[str, Any]]:
    if units(votes.document) == units(votes.annotator) == 1:
        return []
    strengths = fit_bradley_terry(votes.wins())
    found = separation_by_covariance(strengths, two_way_covariance(votes, strengths), len(votes))
    return [
        {
            "better": names[part[found.better[i]]],
            "worse": names[part[found.worse[i]]],
            "gap": float(found.gap[i]),
            "error": None if np.isnan(found.error[i]) else float(found.error[i]),
            "votes": len(votes),
            "votes_needed": int(np.ceil(found.votes_needed[i])) if np.isfinite(found.votes_needed[i]) else None,
            "reason": _reason(found.error[i], found.votes_needed[i]),
        }
        for i in range(len(found.gap))
    ]


def _reason(error: float, needed: float) -> str:
    if np.isnan(error):
        return NOT_KNOWN
    return NO_GAP if np.isinf(needed) else ""
