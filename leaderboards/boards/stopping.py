"""A stopping rule: bounds of a win rate that hold at all times at once, so that they may be read after every vote."""

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
    """Bounds of how often one system beats another.

    Attributes:
        results: Number of documents, of each the first vote.
        decided_after: Number of documents that decided it; None while it is undecided.
    """

    better: str
    worse: str
    results: int
    estimate: float | None
    lower: float | None
    upper: float | None
    decided_after: int | None


def stopping_bounds(criterion: Criterion, filters: Filters, better: str, worse: str) -> StoppingBounds:
    """Compute the bounds from the votes between these two systems in order of time; one query.

    Only the first vote on each document counts: votes on the same document are not independent.
    """
    rows = (
        filtered_votes(criterion, filters)
        .filter(Q(**{_SYSTEM_A: better, _SYSTEM_B: worse}) | Q(**{_SYSTEM_A: worse, _SYSTEM_B: better}))
        .order_by("created_at", "pk")
        .values_list(f"{_COMPARISON}__document_id", _SYSTEM_A, "outcome")
    )
    share_by_document: dict[int, float] = {}
    for document, system_a, outcome in rows:
        share = SHARE_OF_A[Outcome(outcome)]
        share_by_document.setdefault(document, share if system_a == better else 1 - share)
    if not share_by_document:
        return StoppingBounds(better, worse, 0, None, None, None, None)
    sequence = confidence_sequence(np.array(list(share_by_document.values()), dtype=np.float64))
    estimate, lower, upper = (float(array[-1]) for array in (sequence.estimate, sequence.lower, sequence.upper))
    return StoppingBounds(better, worse, len(share_by_document), estimate, lower, upper, sequence.decided_after)
