"""Each compact system against each large one at a margin, and the votes that would tell neighbours apart."""

import numpy as np

from annotations.models import Study
from leaderboards.analysis.inputs import Inputs, Rated
from leaderboards.analysis.values import Values, figure, number
from leaderboards.separating import neighbours
from leaderboards.stats.noninferiority import NonInferiority, Scale, on_scale, verdict
from leaderboards.stats.planning import POWER
from leaderboards.stats.simultaneous import unclear_pairs

# Chosen in 45 of 100 comparisons, ties as halves, still counts as good enough.
DEFAULT_MARGIN = 0.05
PAIRS = 400
SCALE = Scale.WIN_PROBABILITY


def margin_of(study: Study) -> float:
    """The study's own margin, fixed when it was made, else the default."""
    return study.noninferiority_margin or DEFAULT_MARGIN


def noninferiority(inputs: Inputs, margin: float) -> Values:
    systems = inputs.material.systems
    compact = [i for i, system in enumerate(systems) if system.size_class == "compact"]
    large = [i for i, system in enumerate(systems) if system.size_class == "large"]
    pairs = [(i, j) for i in compact for j in large]
    reason = "" if pairs else "the study has no compact and large system to compare"
    return {
        "margin": margin,
        "reason": reason,
        "pairs": [_pair(inputs, i, j, margin) for i, j in pairs[:PAIRS]],
        "pairs_left_out": max(0, len(pairs) - PAIRS),
        "fixed_with_study": margin == inputs.material.study.noninferiority_margin,
        "method": "lower bound of the 95 % interval of (chance that the compact system wins - 1/2) above -margin",
    }


def _pair(inputs: Inputs, compact: int, large: int, margin: float) -> Values:
    slugs, rated = inputs.material.slugs, inputs.rated
    row: Values = {"compact": slugs[compact], "large": slugs[large], "p": None, "verdict": "undefined"}
    i, j = (None, None) if rated is None else (_place(rated, system) for system in (compact, large))
    if rated is None or i is None or j is None:
        reason = inputs.why_not_rated or "no votes on one of the two"
        return row | {"difference": figure(None, reason=reason)}
    if rated.drawn is None:
        gap = float(on_scale(SCALE, rated.strengths[i] - rated.strengths[j]))
        return row | {"difference": figure(gap, interval_reason=rated.why_not_drawn)}
    unclear = bool(unclear_pairs(rated.votes.wins())[i, j])
    found = verdict(rated.strengths, rated.drawn, rated.factor, i, j, margin=margin, unclear=unclear, scale=SCALE)
    difference = figure(found.difference, found.lower, found.upper, interval_reason=found.reason)
    return row | {"difference": difference, "p": number(found.p), "verdict": _word(found)}


def _word(found: NonInferiority) -> str:
    if found.reason:
        return "undefined"
    if found.superior:
        return "superior"
    if found.non_inferior:
        return "not inferior"
    return "inferior" if found.inferior else "undecided"


def _place(rated: Rated, system: int) -> int | None:
    place = int(np.searchsorted(rated.systems, system))
    return place if place < len(rated.systems) and rated.systems[place] == system else None


def votes_needed(inputs: Inputs) -> Values:
    """To tell each system from the next one below, if the true gap is the one seen; the board's own numbers."""
    rows = neighbours(inputs.votes, inputs.material.slugs)
    reason = "" if rows else inputs.why_not_rated
    return {"reason": reason, "neighbours": rows, "power": POWER, "votes": len(inputs.votes)}
