"""Making snapshots in the background: asked for by pages, one at a time each, no oftener than every few seconds.

The row of the job is the truth, a message only says that there is one: a lost message is sent again by the next page
that asks, or by the sweep of any worker.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.models import Criterion, Study
from leaderboards.data.filters import Filters
from leaderboards.models import MAX_ATTEMPTS, SnapshotJob
from leaderboards.snapshots.store import compute
from models_runner.leases import KeepLease, lease_time
from models_runner.ownership import is_gone

logger = logging.getLogger(__name__)

WORKER_ENDED = (
    f"The worker ended while it computed this, {MAX_ATTEMPTS} times. The usual cause is too little memory. Opening the "
    "page tries again."
)
# Jobs that nobody has asked for in so long are forgotten.
FORGOTTEN_AFTER = timedelta(days=1)


def ask(kind: str, study: Study, criterion: Criterion, filters: str, seed: int, *, now: datetime) -> SnapshotJob:
    """Want this snapshot, and tell the workers unless they were told within BOARD_DEBOUNCE_SECONDS.

    While it is wanted already nothing is sent; while a worker is at it neither: it looks at the votes as they are when
    it starts, and who asks after it has ended asks anew.
    """
    key = {"study": study, "criterion": criterion, "kind": kind, "filters": filters, "seed": seed}
    times = {"asked_at": now, "announced_at": now}
    job, made = SnapshotJob.objects.get_or_create(**key, defaults=times)
    rest = now - timedelta(seconds=settings.BOARD_DEBOUNCE_SECONDS)
    due = Q(wanted=False) | Q(attempts__gte=MAX_ATTEMPTS)
    again = SnapshotJob.objects.filter(due, pk=job.pk, owner="", asked_at__lte=rest)
    if made or again.update(**times, wanted=True, attempts=0, stage=SnapshotJob.Stage.WAITING):
        _announce(job.pk)
        job.refresh_from_db()
    return job


def _announce(job_id: int) -> None:
    from leaderboards.tasks import send_message

    transaction.on_commit(partial(send_message, job_id))


def work_on_job(job_id: int, *, owner: str) -> str:
    """Make the snapshot of one job; returns a line for the log. Harmless when called twice."""
    if not SnapshotJob.objects.claim(job_id, owner=owner, now=timezone.now(), lease=lease_time()):
        return f"snapshot job {job_id}: done, or held elsewhere"
    job = SnapshotJob.objects.select_related("study__dataset", "criterion").get(pk=job_id)
    held = SnapshotJob.objects.filter(pk=job_id, owner=owner)
    free = {"owner": "", "lease_until": None}
    try:
        with KeepLease(lambda: held.update(lease_until=timezone.now() + lease_time())):
            made = _compute(job)
    except Exception as error:
        held.update(**free, reason=str(error) or type(error).__name__, stage=SnapshotJob.Stage.WAITING)
        logger.exception("snapshot job %s failed", job_id)
        return f"snapshot job {job_id}: {error}"
    held.update(**free, wanted=False, reason="", attempts=0)
    return f"snapshot job {job_id}: {job.kind} of study {job.study.slug}, snapshot {made}"


def _compute(job: SnapshotJob) -> int:
    filters = Filters.from_key(job.filters)
    return compute(job.kind, job.study, job.criterion, filters, job.seed, job=job.pk).pk


def sweep(*, starting: bool = False, **kwargs: object) -> None:
    """Free what ended workers hold, tell again where nobody took a job up, forget what nobody asks for any more."""
    now = timezone.now()
    _free_stale(now)
    before = now if starting else now - timedelta(seconds=settings.RESEND_SECONDS)
    waiting = SnapshotJob.objects.waiting().filter(attempts__lt=MAX_ATTEMPTS, announced_at__lte=before)
    for pk in list(waiting.values_list("pk", flat=True)):
        SnapshotJob.objects.filter(pk=pk).update(announced_at=now)
        _announce(pk)
    SnapshotJob.objects.filter(owner="", asked_at__lt=now - FORGOTTEN_AFTER).delete()


def _free_stale(now: datetime) -> None:
    held: QuerySet[SnapshotJob] = SnapshotJob.objects.exclude(owner="")
    gone = [owner for owner in held.order_by().values_list("owner", flat=True).distinct() if is_gone(owner)]
    stale = held.filter(Q(lease_until__lt=now) | Q(owner__in=gone))
    freed = {"owner": "", "lease_until": None, "stage": SnapshotJob.Stage.WAITING, "announced_at": F("asked_at")}
    stale.filter(attempts__gte=MAX_ATTEMPTS).update(**freed, reason=WORKER_ENDED)
    stale.update(**freed)
