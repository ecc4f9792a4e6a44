"""The votes between two systems in order of time, as both ways of stopping take them."""

from typing import NamedTuple

import numpy as np
from django.db.models import Q

from annotations.models import Criterion, JudgementQuerySet, Outcome
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.votes import filtered_votes
from stats.votes.arrays import FloatArray, IntArray

_COMPARISON = "assignment__comparison"
_SYSTEM_A, _SYSTEM_B = (f"{_COMPARISON}__summary_{side}__run__system__slug" for side in "ab")
SHARE_OF_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}


class VotesBetween(NamedTuple):
    """Votes between two systems, arrays of shape (n,).

    Attributes:
        results: 1 where the first one won, 1/2 where neither did, 0 where it lost.
        document, annotator: Primary keys.
    """

    results: FloatArray
    document: IntArray
    annotator: IntArray

    def first(self, n: int) -> "VotesBetween":
        return VotesBetween(self.results[:n], self.document[:n], self.annotator[:n])


def query_between(criterion: Criterion, first: str, second: str, filters: Filters = DEFAULT) -> JudgementQuerySet:
    """Votes between these two that the filters let in, in order of time."""
    return (
        filtered_votes(criterion, filters)
        .filter(Q(**{_SYSTEM_A: first, _SYSTEM_B: second}) | Q(**{_SYSTEM_A: second, _SYSTEM_B: first}))
        .order_by("created_at", "pk")
    )


def votes_between(
    criterion: Criterion, first: str, second: str, filters: Filters = DEFAULT, most: int | None = None
) -> VotesBetween:
    """Read these votes, or the earliest of them; one query."""
    names = (f"{_COMPARISON}__document_id", "assignment__annotator_id", _SYSTEM_A, "outcome")
    rows = list(query_between(criterion, first, second, filters).values_list(*names)[:most])
    of_a = [(system_a, SHARE_OF_A[Outcome(outcome)]) for *_, system_a, outcome in rows]
    results = np.array([share if system_a == first else 1 - share for system_a, share in of_a], dtype=np.float64)
    document, annotator = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T
    return VotesBetween(results, document, annotator)
