"""The quality page at once: in a small study computed on its votes as they are, in a large one made by a worker.

Like boards (leaderboards.snapshots), but for one row a study and no lease: whoever computes it finds the same, and two
at once only do the work twice. Told again by the next look at the page; nobody needs it before.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotations.models import Judgement, QualitySnapshot, Study
from annotations.quality.report import StudyQuality, study_quality
from annotations.quality.serialization import as_values, from_values
from annotations.studies.change_marker import end_of_history, held_in_part, newest_answer, newest_remark

logger = logging.getLogger(__name__)

# Raised whenever the same votes may give other figures.
VERSION = 1
# What changes without a trace in the state, such as a document's language, is seen after a day.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class ServedQuality:
    """as_of: None where the figures are of now, or there are none yet. job: the row where they are out of date."""

    quality: StudyQuality
    as_of: datetime | None
    job: QualitySnapshot | None


def served_quality(study: Study) -> ServedQuality:
    """What the page shows. Its cost in a large study does not depend on the votes."""
    if _is_small(study):
        return ServedQuality(study_quality(study), None, None)
    now = timezone.now()
    snapshot, _ = QualitySnapshot.objects.get_or_create(study=study)
    quality = from_values(study, snapshot.values)
    if snapshot.state == _state(study, now) and snapshot.as_of is not None and snapshot.as_of > now - OLDEST:
        return ServedQuality(quality, snapshot.as_of, None)
    _ask(snapshot, now)
    return ServedQuality(quality, snapshot.as_of, snapshot)


def make_snapshot(study_id: int) -> str:
    """Compute and store it, unless it is of now; returns a line for the log."""
    now = timezone.now()
    study = Study.objects.get(pk=study_id)
    rows = QualitySnapshot.objects.filter(study=study)
    # The state first: what changes while the votes are read is out of date at once, never missed.
    state = _state(study, now)
    if rows.filter(state=state, as_of__gt=now - OLDEST).exists():
        return f"quality of study {study.slug}: as it is"
    try:
        values = as_values(study_quality(study))
    except Exception as error:
        rows.update(reason=(str(error) or type(error).__name__)[:500])
        logger.exception("quality of study %s failed", study.slug)
        return f"quality of study {study.slug}: {error}"
    # Not backwards, where somebody else has looked again meanwhile.
    older = rows.filter(Q(as_of=None) | Q(as_of__lt=now))
    older.update(values=values, state=state, as_of=now, reason="")
    return f"quality of study {study.slug}: computed"


def _is_small(study: Study) -> bool:
    """Counted by an index, and no further than needed."""
    most = settings.BOARD_IN_REQUEST_VOTES
    votes = Judgement.objects.filter(criterion__study=study).order_by()
    return votes[: most + 1].count() <= most


def _state(study: Study, now: datetime) -> str:
    parts = [
        VERSION,
        [[one.pk, asdict(newest_answer(one, now))] for one in study.criteria.all()],
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _ask(snapshot: QualitySnapshot, now: datetime) -> None:
    """Tell the workers, unless they were told within BOARD_DEBOUNCE_SECONDS."""
    from annotations.tasks import send_quality_message

    rest = now - timedelta(seconds=settings.BOARD_DEBOUNCE_SECONDS)
    due = Q(asked_at=None) | Q(asked_at__lte=rest)
    if QualitySnapshot.objects.filter(due, pk=snapshot.pk).update(asked_at=now):
        transaction.on_commit(partial(send_quality_message, snapshot.study_id))
