"""Serve the newest snapshot at once, and have a newer one made where the votes have changed.

In a small study, a request that finds a stale snapshot computes a new one, so that pages always show the votes as they
are. In a large study the page shows the newest snapshot and says so, and a worker is asked for a newer one.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from annotations.models import Criterion, Judgement, Study
from jobs.models import CLOCKS_DIFFER
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots.jobs import ask
from leaderboards.snapshots.registry import OF_MARKS
from leaderboards.snapshots.staleness import staleness_key
from leaderboards.snapshots.store import compute, stored_snapshots

# The staleness key does not see every change, such as one of a document's language: look again after a day.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class Served:
    """What a page can show.

    Attributes:
        snapshot: The newest one; None where none is stored yet.
        job: What makes a newer one; None where the snapshot is current.
    """

    snapshot: BoardSnapshot | None
    job: SnapshotJob | None

    @property
    def current(self) -> bool:
        return self.job is None

    @property
    def values(self) -> dict[str, Any] | None:
        return None if self.snapshot is None else self.snapshot.board


def get_snapshot(kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0) -> Served:
    """Return the newest snapshot, and ask for a newer one where it is stale.

    In a large study the cost does not depend on the number of votes.
    """
    now = timezone.now()
    newest = newest_snapshot(kind, study, criterion, filters, seed)
    if (
        newest is not None
        and newest.as_of > now - OLDEST
        and newest.state == staleness_key(study, criterion, filters, now, marks=kind in OF_MARKS).text
    ):
        return Served(newest, None)
    if has_few_votes(criterion):
        return Served(compute(kind, study, criterion, filters, seed), None)
    return Served(newest, ask(kind, study, criterion, filters.key, seed, now=now))


def newest_snapshot(
    kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0
) -> BoardSnapshot | None:
    """Return the newest stored snapshot, stale or not, and compute nothing; one query.

    One that is from before a clock was put back would be the newest for as long as the clock was ahead.
    """
    stored = stored_snapshots(kind, study, criterion, filters, seed)
    return stored.filter(as_of__lte=timezone.now() + CLOCKS_DIFFER).order_by("-as_of", "-pk").first()


def has_few_votes(criterion: Criterion) -> bool:
    """Tell whether a page may compute on the votes of this criterion."""
    return Judgement.objects.filter(criterion=criterion).are_few()
