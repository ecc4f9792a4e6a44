"""A run's part of a sweep: what dead workers hold of its summaries is free again, and the run is announced."""

from django.utils import timezone

from jobs.registry import Swept
from jobs.sweeper import announce_again
from models_runner.models import Run, Summary


def sweep_runs(*, starting: bool = False) -> Swept:
    """Free stale summaries, and announce runs that wait for a worker."""
    now = timezone.now()
    freed = Summary.objects.free_stale(now)
    return Swept(freed, announce_again(Run.objects.waiting(now), at_once=starting or bool(freed)))
