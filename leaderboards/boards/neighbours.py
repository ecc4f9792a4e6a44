"""Whether the votes tell neighbours on the board apart, and how many votes it takes.

Boards, planning and trust all show these numbers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stats.decisions.planning import separation
from stats.ratings.estimates import NO_DRAWS
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.simultaneous import unclear_pairs
from stats.votes.arrays import IntArray, VoteArrays
from stats.votes.graphs import same_circle
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

NOT_KNOWN = "the votes leave no error to reckon with"
NO_GAP = "no gap: no number of votes tells equals apart"
NO_LIMIT_YET = "too few votes: they set no limit to the gap, and leave open who is ahead"
NO_LIMIT = "told apart already: one never lost to the other, and the votes set no limit to the gap"


def neighbour_gaps(votes: VoteArrays, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return gap, its error, and the votes needed in all with 80 % power, for each pair of neighbours from the top.

    Gaps and errors are in points; votes needed are of the part that votes connect. Ties count half. The errors are
    those of boards, see calibrated.precision.
    """
    return [line for part in parts_of(votes) for line in _of_part(only(votes, part), part, names)]


def _of_part(votes: VoteArrays, part: IntArray, names: Sequence[str]) -> list[dict[str, Any]]:
    single = units(votes.document) == units(votes.annotator) == 1
    wins = votes.wins()
    strengths, limited, unclear = fit_bradley_terry(wins), same_circle(wins > 0), unclear_pairs(wins)
    variance = np.full(unclear.shape, np.nan) if single else precision(votes, strengths).variance
    pairs, lines = separation(strengths, variance, len(votes)), []
    for i, j, gap, error, votes_needed in zip(*pairs.columns, strict=True):
        reason = NO_DRAWS if single else _reason(error, votes_needed)
        if not single and not limited[i, j]:
            reason = NO_LIMIT_YET if unclear[i, j] else NO_LIMIT
        needed = None if reason else int(np.ceil(votes_needed))
        lines.append(
            {
                "better": names[part[i]],
                "worse": names[part[j]],
                "gap": float(gap),
                "error": None if np.isnan(error) else float(error),
                "votes": len(votes),
                "votes_needed": needed,
                "votes_more": None if needed is None else max(0, needed - len(votes)),
                "reason": reason,
            }
        )
    return lines


def _reason(error: float, needed: float) -> str:
    if np.isinf(needed):
        return NO_GAP
    return NOT_KNOWN if np.isnan(error) else ""
