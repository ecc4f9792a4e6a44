"""Ratings as they would be if all summaries were equally long."""

import numpy as np

from leaderboards.boards.analysis.inputs import LENGTH, NO_VOTES, AnalysisData
from leaderboards.boards.analysis.values import Values, estimate, points
from stats.ratings.length_control import length_controlled
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.votes.arrays import BoolArray
from stats.votes.parts import only, parts_of


def length_control(data: AnalysisData) -> Values:
    """Votes on summaries without a count of words, or without words, are left out, and counted."""
    length_a, length_b = data.by_vote(LENGTH)
    known: BoolArray = (length_a > 0) & (length_b > 0)
    left_out = int((~known).sum())
    reason = _why_not(data, known)
    if reason:
        return {"reason": reason, "systems": [], "effect": estimate(None, reason=reason), "votes_left_out": left_out}
    counted = data.votes.take(known)
    systems = parts_of(counted)[0]
    votes = only(counted, systems)
    found = length_controlled(votes, length_a[known], length_b[known])
    plain = fit_bradley_terry(votes.wins())
    rows = [
        {
            "system": data.inputs.slugs[system],
            "plain": points(plain[place]),
            "controlled": estimate(*(points(v[place]) for v in (found.strengths, found.lower, found.upper))),
        }
        for place, system in enumerate(systems.tolist())
    ]
    rows.sort(key=lambda row: -row["controlled"]["value"])
    effect = (float(SCALE * value) for value in (found.effect, found.effect_lower, found.effect_upper))
    return {
        "reason": "",
        "systems": rows,
        "effect": estimate(*effect, reason="" if found.deviation > 0 else "all summaries are equally long"),
        "deviation": found.deviation,
        "votes": len(votes),
        "votes_left_out": left_out,
    }


def _why_not(data: AnalysisData, known: BoolArray) -> str:
    if not len(data.votes):
        return NO_VOTES
    if LENGTH not in data.scores or not known.any():
        return "the summaries' words are not counted yet"
    if len(parts_of(data.votes.take(known))) > 1:
        return "the votes on summaries with counted words do not connect all systems"
    return "" if np.ptp(data.votes.annotator) or np.ptp(data.votes.document) else "one document, one annotator"
