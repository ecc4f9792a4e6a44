"""Nothing is lost with a message or a worker: free what dead workers hold, announce again what nobody took up."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from models_runner.models import FineTuning, Run, ScoringJob, Summary, Worker
from models_runner.ownership import is_gone
from models_runner.runs import lifecycle, signals
from models_runner.runs.outcomes import MAX_ATTEMPTS

logger = logging.getLogger(__name__)

WORKER_ENDED = (
    f"The worker ended while it wrote this summary, which was attempt {MAX_ATTEMPTS} or later. The usual cause is too "
    "little memory: use a smaller window or a machine with more of it, then retry."
)


def sweep(*, announce_all: bool = False) -> dict[str, int]:
    """Free stale leases and announce waiting work again; announce_all also where a message went out just now."""
    now = timezone.now()
    freed = _free_summaries(now) + _free_jobs(ScoringJob, now) + _free_jobs(FineTuning, now)
    before = now if announce_all or freed else now - timedelta(seconds=settings.RESEND_SECONDS)
    announced = _announce(_waiting_runs(now), before) + _announce(_waiting_jobs(), before)
    announced += _announce(FineTuning.objects.filter(status=FineTuning.Status.PENDING), before)
    _forget_workers(now)
    # Robust: a fault in somebody else's sweep must not end ours.
    signals.swept.send_robust(sender=None, starting=announce_all)
    if freed or announced:
        logger.info("sweep: %s leases freed, %s announced", freed, announced)
    return {"freed": freed, "announced": announced}


def _stale(rows: QuerySet, now: datetime) -> Q:
    """Leases that ran out, or whose owner has ended on this machine."""
    owners = rows.filter(status="running").order_by().values_list("owner", flat=True).distinct()
    return Q(lease_until__lt=now) | Q(owner__in=[owner for owner in owners if is_gone(owner)])


def _free_summaries(now: datetime) -> int:
    stale = Summary.objects.filter(_stale(Summary.objects.all(), now), status=Summary.Status.RUNNING)
    # A document that ends its worker again and again, for want of memory say, must not do so for ever.
    hopeless = {"status": Summary.Status.FAILED, "owner": "", "lease_until": None, "error": WORKER_ENDED}
    return stale.filter(attempts__gte=MAX_ATTEMPTS).update(**hopeless) + stale.release()


def _free_jobs(jobs: type[ScoringJob] | type[FineTuning], now: datetime) -> int:
    everything = jobs._default_manager.all()
    stale = everything.filter(_stale(everything, now), status=jobs.Status.RUNNING)
    return stale.update(status=jobs.Status.PENDING, owner="", lease_until=None)


def _waiting_runs(now: datetime) -> QuerySet[Run]:
    """Unfinished runs with something to claim, or with nothing left to do but to be called finished."""
    unfinished = Summary.objects.unfinished().filter(run=OuterRef("pk"))
    ready = Summary.objects.ready(now).filter(run=OuterRef("pk"))
    return Run.objects.filter(Exists(ready) | ~Exists(unfinished), status__in=[Run.Status.PENDING, Run.Status.RUNNING])


def _waiting_jobs() -> QuerySet[ScoringJob]:
    return ScoringJob.objects.filter(status=ScoringJob.Status.PENDING)


def _announce(waiting: QuerySet, before: datetime) -> int:
    rows = list(waiting.filter(Q(announced_at=None) | Q(announced_at__lte=before)))
    for row in rows:
        lifecycle.announce(row)
    return len(rows)


def _forget_workers(now: datetime) -> None:
    Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    gone = [worker.pk for worker in Worker.objects.all() if is_gone(worker.owner)]
    Worker.objects.filter(pk__in=gone).delete()
