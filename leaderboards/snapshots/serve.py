"""Snapshots of what pages of results show: served at once, made anew in the background when the votes have changed.

In a small study a snapshot that is out of date is made anew in the request, so that its pages always show the votes as
they are. In a large one the page shows the newest there is and says so, and a worker is told (refreshing).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from annotations.models import Criterion, Judgement, Study
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots.jobs import ask
from leaderboards.snapshots.staleness import state_of
from leaderboards.snapshots.store import compute, stored_snapshots

# What changes without a trace in the state, such as a document's language, is seen after a day.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class Served:
    """What a page can show. snapshot: None where there is none yet. job: what makes a newer one, None if current."""

    snapshot: BoardSnapshot | None
    job: SnapshotJob | None

    @property
    def current(self) -> bool:
        return self.job is None

    @property
    def values(self) -> dict[str, Any] | None:
        return None if self.snapshot is None else self.snapshot.board


def get_snapshot(kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0) -> Served:
    """The newest snapshot; asks for a newer one where it is out of date. Its cost does not depend on the votes."""
    now = timezone.now()
    newest = stored_snapshots(kind, study, criterion, filters, seed).order_by("-as_of", "-pk").first()
    if (
        newest is not None
        and newest.as_of > now - OLDEST
        and newest.state == state_of(study, criterion, filters, now).text
    ):
        return Served(newest, None)
    if is_small(criterion):
        return Served(compute(kind, study, criterion, filters, seed), None)
    return Served(newest, ask(kind, study, criterion, filters.key, seed, now=now))


def is_small(criterion: Criterion) -> bool:
    """Has so few votes that a page may compute on them; counted by an index, and no further than needed."""
    most = settings.BOARD_IN_REQUEST_VOTES
    return Judgement.objects.filter(criterion=criterion).order_by()[: most + 1].count() <= most
