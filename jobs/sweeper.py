"""Free the rows that dead workers hold, and announce again what no worker has claimed, so that no work is lost."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import cast

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.models import AnnouncedQuerySet, LeasedJob, LeasedJobQuerySet, Worker
from jobs.ownership import is_gone
from jobs.registry import Sweep, Swept, registered_jobs, registered_sweeps

logger = logging.getLogger(__name__)


def sweep(*, starting: bool = False) -> dict[str, int]:
    """Sweep all registered work; starting means that a worker starts, and then recently announced work is included."""
    total = Swept()
    for name, part in _parts():
        done = _robustly(name, part, starting)
        total = Swept(total.freed + done.freed, total.announced + done.announced)
    forget_workers()
    if any(total):
        logger.info("sweep: %s leases freed, %s announced", *total)
    return total._asdict()


def _parts() -> Iterator[tuple[str, Sweep]]:
    for model in registered_jobs():
        yield model.__name__, partial(sweep_jobs, model)
    yield from registered_sweeps()


def _robustly(name: str, part: Sweep, starting: bool) -> Swept:
    """Run one part of the sweep; log its faults, so that the other parts still run."""
    try:
        return part(starting=starting) or Swept()
    except DatabaseError:
        logger.warning("the database did not let %s be swept", name, exc_info=True)
        connection.close_if_unusable_or_obsolete()
    except Exception:
        logger.exception("the sweep of %s failed", name)
    return Swept()


def forget_workers() -> None:
    """Delete the rows of workers that have ended on this machine, or have not reported for a day."""
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    gone = [worker.pk for worker in Worker.objects.all() if is_gone(worker.owner)]
    Worker.objects.filter(pk__in=gone).delete()


def sweep_jobs(model: type[LeasedJob], *, starting: bool = False) -> Swept:
    """Free a model's stale jobs, and announce those that wait."""
    now = timezone.now()
    rows = cast(LeasedJobQuerySet[LeasedJob], model._default_manager.all())
    freed = rows.free_stale(now)
    return Swept(freed, announce_again(rows.ready(now), at_once=starting or bool(freed)))


def announce_again(waiting: AnnouncedQuerySet, *, at_once: bool) -> int:
    """Announce rows that were not announced within RESEND_SECONDS, or all of them if at_once is true."""
    now = timezone.now()
    return waiting.announced_before(now if at_once else now - timedelta(seconds=settings.RESEND_SECONDS)).announce()
