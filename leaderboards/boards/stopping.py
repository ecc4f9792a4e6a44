"""A rule that may be looked at after every vote: bounds of a win rate that hold at all times at once."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Q

from annotations.models import Criterion, Outcome
from leaderboards.data.filters import Filters
from leaderboards.data.votes import filtered_votes
from stats.uncertainty.sequences import confidence_sequence

_COMPARISON = "assignment__comparison"
_SYSTEM_A, _SYSTEM_B = (f"{_COMPARISON}__summary_{side}__run__system__slug" for side in "ab")
SHARE_OF_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}


@dataclass(frozen=True)
class StoppingBounds:
    """results: documents used, the first vote of each. decided_after: so many of them, None if undecided so far."""

    better: str
    worse: str
    results: int
    estimate: float | None
    lower: float | None
    upper: float | None
    decided_after: int | None


def stopping_bounds(criterion: Criterion, filters: Filters, better: str, worse: str) -> StoppingBounds:
    """Of the votes between these two, in order of time; one query.

    One result a document, because votes on the same one go together and the bounds hold for single results.
    """
    rows = (
        filtered_votes(criterion, filters)
        .filter(Q(**{_SYSTEM_A: better, _SYSTEM_B: worse}) | Q(**{_SYSTEM_A: worse, _SYSTEM_B: better}))
        .order_by("created_at", "pk")
        .values_list(f"{_COMPARISON}__document_id", _SYSTEM_A, "outcome")
    )
    first: dict[int, float] = {}
    for document, system_a, outcome in rows:
        share = SHARE_OF_A[Outcome(outcome)]
        first.setdefault(document, share if system_a == better else 1 - share)
    found = confidence_sequence(np.array(list(first.values()), dtype=np.float64))
    if not first:
        return StoppingBounds(better, worse, 0, None, None, None, None)
    estimate, lower, upper = (float(array[-1]) for array in (found.estimate, found.lower, found.upper))
    return StoppingBounds(better, worse, len(first), estimate, lower, upper, found.decided_after)
