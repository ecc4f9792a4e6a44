"""Non-inferiority of each small system to each large one, and the votes that would tell neighbours apart."""

from annotations.models import Study
from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, estimate
from leaderboards.boards.neighbours import neighbour_gaps
from leaderboards.boards.noninferiority import compare_pairs
from stats.decisions.planning import POWER

# Chosen in 45 of 100 comparisons, ties as halves, still counts as good enough.
DEFAULT_MARGIN = 0.05
PAIRS = 400
DECIDED = (
    *("equivalent", "p_equivalence", "votes_needed", "annotators_needed", "documents_needed"),
    *("votes_lower", "votes_upper", "ask_again"),
)


def margin_of(study: Study) -> float:
    """Return the study's own margin, fixed when it was created, else the default."""
    return study.noninferiority_margin or DEFAULT_MARGIN


def noninferiority(data: AnalysisData, margin: float) -> Values:
    """Give the verdicts of the page on small and large systems, at this margin also where the study has none."""
    rows = compare_pairs(data.inputs, data.ratings, margin, data.seed)
    return {
        "margin": margin,
        "reason": "" if rows else "the study has no small and large system to compare",
        "pairs": [_pair(row) for row in rows[:PAIRS]],
        "pairs_left_out": max(0, len(rows) - PAIRS),
        "fixed_with_study": margin == data.inputs.study.noninferiority_margin,
        "method": "lower bound of the 95 % interval of (chance that the small system wins - 1/2) above -margin; the "
        'interval holds for as many pairs at once as "pairs" says: 1 for a pair named before the first vote',
    }


def _pair(row: Values) -> Values:
    value, reason = row["difference"], row["reason"]
    difference = estimate(
        value, row["lower"], row["upper"], reason="" if value is not None else reason, interval_reason=reason
    )
    same = {name: row[name] for name in ("small", "large", "p", "pairs", "verdict", "told", *DECIDED)}
    return {"difference": difference, **same}


def votes_needed(data: AnalysisData) -> Values:
    """Give the votes needed to tell each system from the next one below, as on the board."""
    rows = neighbour_gaps(data.ratings, data.inputs.slugs)
    reason = "" if rows else data.why_not_rated
    return {"reason": reason, "neighbours": rows, "power": POWER, "votes": len(data.votes)}
