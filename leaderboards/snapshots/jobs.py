"""Making snapshots in the background: asked for by pages, one at a time each, no oftener than every few seconds."""

from datetime import datetime, timedelta

from django.utils import timezone

from annotations.models import Criterion, Study
from jobs.working import work_on
from leaderboards.data.filters import Filters
from leaderboards.models import SnapshotJob
from leaderboards.models.snapshots import SnapshotJobQuerySet
from leaderboards.snapshots.store import compute

# Jobs that nobody has asked for in so long are forgotten.
FORGOTTEN_AFTER = timedelta(days=1)


def ask(kind: str, study: Study, criterion: Criterion, filters: str, seed: int, *, now: datetime) -> SnapshotJob:
    """Want this snapshot, and tell the workers unless they were told within BOARD_DEBOUNCE_SECONDS.

    While it is wanted already nothing is sent; while a worker is at it neither: it looks at the votes as they are when
    it starts, and who asks after it has ended asks anew.
    """
    key = {"study": study, "criterion": criterion, "kind": kind, "filters": filters, "seed": seed}
    job, made = SnapshotJob.objects.get_or_create(**key, defaults={"asked_at": now})
    if made or SnapshotJob.objects.filter(pk=job.pk).ask_again(now):
        job.announce()
        job.refresh_from_db()
    return job


def work_on_job(job_id: int, *, owner: str) -> str:
    """Make the snapshot of one job; returns a line for the log. Harmless when called twice."""
    return work_on(SnapshotJob.objects.select_related("study__dataset", "criterion"), job_id, _make, owner=owner)


def _make(job: SnapshotJob, held: SnapshotJobQuerySet) -> str:
    snapshot = compute(job.kind, job.study, job.criterion, Filters.from_key(job.filters), job.seed, job=job.pk)
    held.finish()
    return f"{job.kind} of study {job.study.slug}, snapshot {snapshot.pk}"


def forget_unasked(*, starting: bool = False) -> None:
    """Delete jobs that nobody has asked for in FORGOTTEN_AFTER, a part of each sweep."""
    old = SnapshotJob.objects.exclude(status=SnapshotJob.Status.RUNNING)
    old.filter(asked_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
