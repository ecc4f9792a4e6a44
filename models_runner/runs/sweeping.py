"""Nothing is lost with a message or a worker: free what dead workers hold, announce again what nobody took up."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs.ownership import is_gone
from jobs.registry import Swept
from models_runner.models import FineTuning, Run, ScoringJob, Summary
from models_runner.runs import lifecycle
from models_runner.runs.outcomes import MAX_ATTEMPTS

WORKER_ENDED = (
    f"The worker ended while it wrote this summary, which was attempt {MAX_ATTEMPTS} or later. The usual cause is too "
    "little memory: use a smaller window or a machine with more of it, then retry."
)


def sweep_runs(*, starting: bool = False) -> Swept:
    """Free stale leases and announce waiting work again; starting: also where a message went out just now."""
    now = timezone.now()
    freed = _free_summaries(now) + _free_jobs(ScoringJob, now) + _free_jobs(FineTuning, now)
    before = now if starting or freed else now - timedelta(seconds=settings.RESEND_SECONDS)
    announced = _announce(_waiting_runs(now), before) + _announce(_waiting_jobs(), before)
    announced += _announce(FineTuning.objects.filter(status=FineTuning.Status.PENDING), before)
    return Swept(freed, announced)


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
