"""Computing snapshots and keeping them: one row for the same votes and scores, and the newest rows of each page."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Criterion, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.inputs import gather
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots.registry import KINDS
from leaderboards.snapshots.staleness import state_of

# Older snapshots of the same page are deleted beyond so many.
KEPT = 50


def compute(
    kind: str, study: Study, criterion: Criterion, filters: Filters = DEFAULT, seed: int = 0, *, job: int = 0
) -> BoardSnapshot:
    """The snapshot of the votes and scores as they are now; computed only if none of these very ones is stored.

    job: the SnapshotJob it is for, which is told how far the work is.
    """
    # The state first: what changes while the votes are read is out of date at once, never missed.
    now = timezone.now()
    state = state_of(study, criterion, filters, now)
    material = gather(study, criterion, filters=filters)
    same = stored_snapshots(kind, study, criterion, filters, seed).filter(fingerprint=material.fingerprint)
    stored = same.first()
    if stored is None:
        SnapshotJob.objects.filter(pk=job).update(step=SnapshotJob.Step.COMPUTING)
        values = KINDS[kind](material, seed)
        # Two processes may both come here: the unique constraint lets one write, and the other takes its row.
        stored, made = BoardSnapshot.objects.get_or_create(
            study=study,
            criterion=criterion,
            kind=kind,
            filters=filters.key,
            seed=seed,
            fingerprint=material.fingerprint,
            code_version=CODE_VERSION,
            defaults={
                "settings": _settings(values),
                "board": values,
                "votes": len(material.votes),
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


def stored_snapshots(
    kind: str, study: Study, criterion: Criterion, filters: Filters, seed: int
) -> QuerySet[BoardSnapshot]:
    """What is kept for one page, by this version of the code."""
    return BoardSnapshot.objects.filter(
        study=study, criterion=criterion, kind=kind, filters=filters.key, seed=seed, code_version=CODE_VERSION
    )


def _forget_old(kind: str, study: Study, criterion: Criterion, filters: Filters, seed: int) -> None:
    stored = stored_snapshots(kind, study, criterion, filters, seed).order_by("-as_of", "-pk")
    BoardSnapshot.objects.filter(pk__in=list(stored.values_list("pk", flat=True)[KEPT:])).delete()
