"""Snapshots of what pages of results show: served at once, made anew in the background when the votes have changed.

In a small study a snapshot that is out of date is made anew in the request, so that its pages always show the votes as
they are. In a large one the page shows the newest there is and says so, and a worker is told (refreshing).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Criterion, Judgement, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.inputs import gather_inputs
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots.jobs import ask
from leaderboards.snapshots.registry import KINDS
from leaderboards.snapshots.staleness import staleness_key

# What changes without a trace in the state, such as a document's language, is seen after a day.
OLDEST = timedelta(days=1)
# Older snapshots of the same page are deleted beyond so many.
KEPT = 50


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
    newest = _stored(kind, study, criterion, filters, seed).order_by("-as_of", "-pk").first()
    if (
        newest is not None
        and newest.as_of > now - OLDEST
        and newest.state == staleness_key(study, criterion, filters, now).text
    ):
        return Served(newest, None)
    if has_few_votes(criterion):
        return Served(compute(kind, study, criterion, filters, seed), None)
    return Served(newest, ask(kind, study, criterion, filters.key, seed, now=now))


def has_few_votes(criterion: Criterion) -> bool:
    """Has so few votes that a page may compute on them; counted by an index, and no further than needed."""
    most = settings.BOARD_IN_REQUEST_VOTES
    return Judgement.objects.filter(criterion=criterion).order_by()[: most + 1].count() <= most


def compute(
    kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0, *, job: int = 0
) -> BoardSnapshot:
    """The snapshot of the votes and scores as they are now; computed only if none of these very ones is stored.

    job: the SnapshotJob it is for, which is told how far the work is.
    """
    # The state first: what changes while the votes are read is out of date at once, never missed.
    now = timezone.now()
    state = staleness_key(study, criterion, filters, now)
    inputs = gather_inputs(study, criterion, filters=filters)
    same = _stored(kind, study, criterion, filters, seed).filter(fingerprint=inputs.fingerprint)
    stored = same.first()
    if stored is None:
        SnapshotJob.objects.filter(pk=job).update(stage=SnapshotJob.Stage.COMPUTING)
        values = KINDS[kind](inputs, seed)
        # Two processes may both come here: the unique constraint lets one write, and the other takes its row.
        stored, made = BoardSnapshot.objects.get_or_create(
            study=study,
            criterion=criterion,
            kind=kind,
            filters=filters.key,
            seed=seed,
            fingerprint=inputs.fingerprint,
            code_version=CODE_VERSION,
            defaults={
                "settings": _settings(values),
                "board": values,
                "votes": len(inputs.votes),
                "state": state.text,
                "revision": state.revision,
                "as_of": now,
            },
        )
        if made:
            _forget_old(kind, study, criterion, filters, seed)
    # Not backwards, where somebody else has looked again meanwhile.
    same.filter(as_of__lt=now).update(state=state.text, revision=state.revision, as_of=now)
    stored.refresh_from_db(fields=["state", "revision", "as_of"])
    return stored


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    return {"resamples": values["resamples"]} if "resamples" in values else {}


def _stored(kind: str, study: Study, criterion: Criterion, filters: Filters, seed: int) -> QuerySet[BoardSnapshot]:
    return BoardSnapshot.objects.filter(
        study=study, criterion=criterion, kind=kind, filters=filters.key, seed=seed, code_version=CODE_VERSION
    )


def _forget_old(kind: str, study: Study, criterion: Criterion, filters: Filters, seed: int) -> None:
    stored = _stored(kind, study, criterion, filters, seed).order_by("-as_of", "-pk")
    BoardSnapshot.objects.filter(pk__in=list(stored.values_list("pk", flat=True)[KEPT:])).delete()
