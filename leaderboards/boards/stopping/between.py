"""The votes between two systems in order of time, as both ways of stopping take them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q

from annotations.models import Criterion, JudgementQuerySet, JudgementRevision, Outcome
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.votes import filtered_votes
from stats.votes.arrays import FloatArray, IntArray

_COMPARISON = "assignment__comparison"
_SYSTEM_A, _SYSTEM_B = (f"{_COMPARISON}__summary_{side}__run__system__slug" for side in "ab")
SHARE_OF_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}
_READ = (f"{_COMPARISON}__document_id", "assignment__annotator_id", _SYSTEM_A, "outcome")


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


def query_between(
    criterion: Criterion, first: str, second: str, filters: Filters = DEFAULT, until: datetime | None = None
) -> JudgementQuerySet:
    """Votes between these two that the filters let in, in order of time; until: Only those given up to then."""
    votes = filtered_votes(criterion, filters)
    return (
        (votes if until is None else votes.filter(created_at__lte=until))
        .filter(Q(**{_SYSTEM_A: first, _SYSTEM_B: second}) | Q(**{_SYSTEM_A: second, _SYSTEM_B: first}))
        .order_by("created_at", "pk")
    )


def votes_between(
    criterion: Criterion, first: str, second: str, filters: Filters = DEFAULT, most: int | None = None
) -> VotesBetween:
    """Read these votes, or the earliest of them; one query."""
    return _as_votes(query_between(criterion, first, second, filters).values_list(*_READ)[:most], first)


def votes_until(criterion: Criterion, first: str, second: str, moment: datetime) -> VotesBetween:
    """Read the votes that were given up to a moment, with the answers of then; two queries.

    An answer that was corrected since is read from its revisions. One that was withdrawn since is no vote any more.
    """
    given = query_between(criterion, first, second, until=moment)
    rows = list(given.values_list(*_READ, "assignment_id", "updated_at"))
    corrected = [assignment for *_, assignment, updated_at in rows if updated_at > moment]
    revisions = JudgementRevision.objects.filter(
        assignment__in=corrected, criterion=criterion, created_at__lte=moment
    ).exclude(outcome="")
    of_then = dict(revisions.order_by("pk").values_list("assignment_id", "outcome"))
    return _as_votes(
        [
            (*columns, of_then.get(assignment, outcome) if updated_at > moment else outcome)
            for *columns, outcome, assignment, updated_at in rows
        ],
        first,
    )


def _as_votes(rows: Iterable[tuple[Any, ...]], first: str) -> VotesBetween:
    rows = list(rows)
    of_a = [(system_a, SHARE_OF_A[Outcome(outcome)]) for *_, system_a, outcome in rows]
    results = np.array([share if system_a == first else 1 - share for system_a, share in of_a], dtype=np.float64)
    document, annotator = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T
    return VotesBetween(results, document, annotator)
