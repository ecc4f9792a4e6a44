"""Length control: ratings as they would be if all summaries were equally long."""

import numpy as np

from leaderboards.boards.analysis.inputs import LENGTH, NO_VOTES, AnalysisData
from leaderboards.boards.analysis.values import Values, estimate, points
from stats.ratings.length_control import LengthControl, length_controlled
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.votes.arrays import BoolArray, IntArray, VoteArrays
from stats.votes.parts import only, parts_of


def length_control(data: AnalysisData) -> Values:
    """Rate the systems at equal length; votes on summaries without counted words are left out, and counted."""
    length_a, length_b = data.by_vote(LENGTH)
    has_lengths: BoolArray = (length_a > 0) & (length_b > 0)
    left_out = int((~has_lengths).sum())
    reason = _why_not(data, has_lengths)
    if reason:
        return {"reason": reason, "systems": [], "effect": estimate(None, reason=reason), "votes_left_out": left_out}
    with_lengths = data.votes.take(has_lengths)
    systems = parts_of(with_lengths)[0]
    votes = only(with_lengths, systems)
    controlled = length_controlled(votes, length_a[has_lengths], length_b[has_lengths])
    effect = (float(SCALE * value) for value in (controlled.effect, controlled.effect_lower, controlled.effect_upper))
    return {
        "reason": "",
        "systems": _rows(data, systems, votes, controlled),
        "effect": estimate(*effect, reason=controlled.effect_reason),
        "deviation": controlled.deviation,
        "votes": len(votes),
        "votes_left_out": left_out,
    }


def _rows(data: AnalysisData, systems: IntArray, votes: VoteArrays, controlled: LengthControl) -> list[Values]:
    plain = fit_bradley_terry(votes.wins())
    rows = [
        {
            "system": data.inputs.slugs[system],
            "plain": points(plain[i]),
            "controlled": estimate(
                *(points(v[i]) for v in (controlled.strengths, controlled.lower, controlled.upper)),
                reason=controlled.reasons[i],
            ),
        }
        for i, system in enumerate(systems.tolist())
    ]
    return sorted(
        rows, key=lambda row: (row["controlled"]["value"] is None, -(row["controlled"]["value"] or row["plain"]))
    )


def _why_not(data: AnalysisData, has_lengths: BoolArray) -> str:
    if not len(data.votes):
        return NO_VOTES
    if LENGTH not in data.scores or not has_lengths.any():
        return "the summaries' words are not counted yet"
    if len(parts_of(data.votes.take(has_lengths))) > 1:
        return "the votes on summaries with counted words do not connect all systems"
    return (
        ""
        if np.ptp(data.votes.annotator) or np.ptp(data.votes.document)
        else "all votes are on one document, by one annotator"
    )
