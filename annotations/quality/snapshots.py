"""The quality page at once: in a small study computed on its votes as they are, in a large one made by a worker.

Like boards (leaderboards.snapshots), but for one row a study, which is the job and its result.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from annotations.models import Judgement, QualitySnapshot, Study
from annotations.models.reports import QualitySnapshotQuerySet
from annotations.quality.report import StudyQuality, study_quality
from annotations.quality.serialization import as_values, from_values
from annotations.studies.change_marker import end_of_history, held_in_part, marker_of, newest_answer, newest_remark
from jobs.models import not_since
from jobs.working import work_on

# Raised whenever the same votes may give other figures.
VERSION = 2
# What changes without a trace in the key, such as a document's language, is seen after a day.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class ServedQuality:
    """as_of: None where the figures are of now, or there are none yet. job: the row where they are out of date."""

    quality: StudyQuality
    as_of: datetime | None
    job: QualitySnapshot | None


def served_quality(study: Study) -> ServedQuality:
    """What the page shows. Its cost in a large study does not depend on the votes."""
    if is_small(study):
        return ServedQuality(study_quality(study), None, None)
    now = timezone.now()
    snapshot, made = QualitySnapshot.objects.get_or_create(study=study, defaults={"asked_at": now})
    quality = from_values(study, snapshot.values)
    if is_current(snapshot, quality_key(study, now), now):
        return ServedQuality(quality, snapshot.as_of, None)
    if made:
        snapshot.announce()
    else:
        _ask(snapshot, now)
    return ServedQuality(quality, snapshot.as_of, snapshot)


def work_on_snapshot(snapshot_id: int, *, owner: str) -> str:
    """Make the snapshot of one study; returns a line for the log. Harmless when called twice."""
    return work_on(QualitySnapshot.objects.select_related("study"), snapshot_id, _make, owner=owner)


def _make(snapshot: QualitySnapshot, held: QualitySnapshotQuerySet) -> str:
    """Compute and store it, unless it is of now."""
    now, study = timezone.now(), snapshot.study
    # The key first: what changes while the votes are read is out of date at once, never missed.
    key = quality_key(study, now)
    if is_current(snapshot, key, now):
        held.finish()
        return f"study {study.slug}, as it is"
    held.finish(values=as_values(study_quality(study)), staleness_key=key, as_of=now)
    return f"study {study.slug}, computed"


def is_current(snapshot: QualitySnapshot, key: str, now: datetime) -> bool:
    return snapshot.staleness_key == key and snapshot.as_of is not None and snapshot.as_of > now - OLDEST


def is_small(study: Study) -> bool:
    """Tell whether a page may compute on the study's votes."""
    return Judgement.objects.filter(criterion__study=study).are_few()


def quality_key(study: Study, now: datetime) -> str:
    """Read a key of what the figures depend on; if it differs, they may be stale."""
    parts = [
        VERSION,
        [[criterion.pk, asdict(newest_answer(criterion, now))] for criterion in study.criteria.all()],
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
    ]
    return marker_of(parts)


def _ask(snapshot: QualitySnapshot, now: datetime) -> None:
    """Tell the workers, unless one is at it, or they were told within BOARD_DEBOUNCE_SECONDS."""
    rest = now - timedelta(seconds=settings.BOARD_DEBOUNCE_SECONDS)
    due = QualitySnapshot.objects.filter(Q(asked_at=None) | not_since("asked_at", rest), pk=snapshot.pk)
    if due.ended().put_back(asked_at=now, attempts=0) or due.ready(now).update(asked_at=now):
        snapshot.announce()
