"""Compute snapshots and keep them: the same votes and scores are computed once, whoever asks."""

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Criterion, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.inputs import BoardInputs, gather_inputs
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots.registry import KINDS, OF_MARKS
from leaderboards.snapshots.staleness import StalenessKey, staleness_key
from lib.serving.traces import span
from marks.report.changes import marks_that_count

# Delete older snapshots of the same page beyond this number.
KEPT = 50


def stored_snapshots(
    kind: str, study: Study, criterion: Criterion, filters: Filters, seed: int
) -> QuerySet[BoardSnapshot]:
    """Snapshots of one page computed by this version of the code."""
    return BoardSnapshot.objects.filter(
        study=study, criterion=criterion, kind=kind, filters=filters.key, seed=seed, code_version=CODE_VERSION
    )


def compute(
    kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0, *, job: int = 0
) -> BoardSnapshot:
    """Return the snapshot of the votes and scores as they are now, computed unless it is stored.

    job: The SnapshotJob it is for; its step is updated while the work goes on.
    """
    # The staleness key first: what changes while the votes are read makes the snapshot stale, never missed.
    now = timezone.now()
    staleness = staleness_key(study, criterion, filters, now, marks=kind in OF_MARKS)
    inputs = gather_inputs(study, criterion, filters=filters)
    fingerprint = _fingerprint(kind, inputs)
    same = stored_snapshots(kind, study, criterion, filters, seed).filter(fingerprint=fingerprint)
    snapshot = same.first()
    if snapshot is None:
        SnapshotJob.objects.filter(pk=job).update(step=SnapshotJob.Step.COMPUTING)
        with span("board", study=study.pk, kind=kind):
            snapshot = _compute_and_store(kind, inputs, seed, fingerprint, staleness, now)
    # Only forwards: another process may have looked at newer votes meanwhile.
    same.filter(as_of__lt=now).update(state=staleness.text, revision=staleness.revision, as_of=now)
    snapshot.refresh_from_db(fields=["state", "revision", "as_of"])
    return snapshot


def _fingerprint(kind: str, inputs: BoardInputs) -> str:
    """Return the fingerprint of the inputs, with the marks where the kind is about them."""
    if kind not in OF_MARKS:
        return inputs.fingerprint
    return hashlib.sha256(f"{inputs.fingerprint} {marks_that_count(inputs.study)}".encode()).hexdigest()


def _compute_and_store(
    kind: str, inputs: BoardInputs, seed: int, fingerprint: str, staleness: StalenessKey, now: datetime
) -> BoardSnapshot:
    values: dict[str, Any] = KINDS[kind](inputs, seed)
    # Two processes may both come here: the unique constraint lets one write, and the other takes its row.
    snapshot, created = BoardSnapshot.objects.get_or_create(
        study=inputs.study,
        criterion=inputs.criterion,
        kind=kind,
        filters=inputs.filters.key,
        seed=seed,
        fingerprint=fingerprint,
        code_version=CODE_VERSION,
        defaults={
            "settings": {"resamples": values["resamples"]} if "resamples" in values else {},
            "board": values,
            "votes": len(inputs.votes),
            "state": staleness.text,
            "revision": staleness.revision,
            "as_of": now,
        },
    )
    if created:
        _delete_old(stored_snapshots(kind, inputs.study, inputs.criterion, inputs.filters, seed))
    return snapshot


def _delete_old(snapshots: QuerySet[BoardSnapshot]) -> None:
    old = snapshots.order_by("-as_of", "-pk").values_list("pk", flat=True)[KEPT:]
    BoardSnapshot.objects.filter(pk__in=list(old)).delete()
