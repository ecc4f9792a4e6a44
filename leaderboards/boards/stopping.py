"""A stopping rule: bounds of a win rate that hold at all times at once, so that they may be read after every vote."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Q

from annotations.models import Criterion, Outcome
from leaderboards.data.filters import Filters
from leaderboards.data.votes import filtered_votes
from stats.uncertainty.sequences import Lacking, confidence_sequence

_COMPARISON = "assignment__comparison"
_SYSTEM_A, _SYSTEM_B = (f"{_COMPARISON}__summary_{side}__run__system__slug" for side in "ab")
SHARE_OF_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}


@dataclass(frozen=True)
class StoppingBounds:
    """Bounds of how often one system beats another.

    Attributes:
        votes: Number of votes between the two.
        documents, annotators: Effective numbers of them, as if their shares of the votes were equal.
        decided_after: Number of votes that decided it; None while it is undecided.
        lacking: What there is too little of to decide anything; None if there is enough.
    """

    better: str
    worse: str
    votes: int
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    documents: float = 0.0
    annotators: float = 0.0
    decided_after: int | None = None
    lacking: Lacking | None = Lacking.VOTES


def stopping_bounds(criterion: Criterion, filters: Filters, better: str, worse: str) -> StoppingBounds:
    """Compute the bounds from the votes between these two systems in order of time; one query."""
    rows = list(
        filtered_votes(criterion, filters)
        .filter(Q(**{_SYSTEM_A: better, _SYSTEM_B: worse}) | Q(**{_SYSTEM_A: worse, _SYSTEM_B: better}))
        .order_by("created_at", "pk")
        .values_list(f"{_COMPARISON}__document_id", "assignment__annotator_id", _SYSTEM_A, "outcome")
    )
    if not rows:
        return StoppingBounds(better, worse, 0)
    of_a = [(system_a, SHARE_OF_A[Outcome(outcome)]) for *_, system_a, outcome in rows]
    results = np.array([share if system_a == better else 1 - share for system_a, share in of_a])
    document, annotator = np.array([row[:2] for row in rows], dtype=np.int64).T
    sequence = confidence_sequence(results, document, annotator)
    return StoppingBounds(
        better,
        worse,
        len(rows),
        estimate=float(sequence.estimate[-1]),
        lower=float(sequence.lower[-1]),
        upper=float(sequence.upper[-1]),
        documents=float(sequence.documents[-1]),
        annotators=float(sequence.annotators[-1]),
        decided_after=sequence.decided_after,
        lacking=sequence.lacking,
    )
