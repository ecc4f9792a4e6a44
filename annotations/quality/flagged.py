"""Which annotators a check of the quality page flags, and why. A flag is a reason to look; it leaves out nobody."""

from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from annotations.models import QualitySnapshot, Study
from annotations.quality.report import StudyQuality, study_quality
from annotations.quality.serialization import from_values
from annotations.quality.snapshots import is_current, is_small, quality_key

SECONDS = 24 * 3600
Flags = dict[int, list[str]]


def flagged_annotators(study: Study, now: datetime | None = None) -> Flags:
    """Return the reasons by primary key of each included annotator whom a check flags, by the votes as they are.

    Computed once for the same votes; in a large study that takes as long as its quality page takes a worker.
    """
    now = now or timezone.now()
    key = f"flagged-annotators-{study.public_id}-{quality_key(study, now)}"
    flags: Flags | None = cache.get(key)
    if flags is None:
        snapshot = QualitySnapshot.objects.filter(study=study).first()
        stored = snapshot is not None and is_current(snapshot, quality_key(study, now), now)
        flags = _flags(from_values(study, snapshot.values) if snapshot and stored else study_quality(study))
        cache.set(key, flags, SECONDS)
    return flags


def known_flags(study: Study) -> Flags | None:
    """Return the flags for a page to mention; those of a large study's newest quality page, None without one."""
    if is_small(study):
        return flagged_annotators(study)
    snapshot = QualitySnapshot.objects.filter(study=study).exclude(values=None).first()
    return None if snapshot is None else _flags(from_values(study, snapshot.values))


def _flags(quality: StudyQuality) -> Flags:
    return {row.annotator.pk: row.warnings for row in quality.annotators if row.annotator.is_included and row.warnings}
