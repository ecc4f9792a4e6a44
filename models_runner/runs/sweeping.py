"""The runs' part of a sweep: free the summaries that dead workers hold, and announce their runs."""

from django.utils import timezone

from jobs.registry import Swept
from jobs.sweeper import announce_again
from models_runner.models import Run, Summary
from models_runner.runs.batches.ordering import fail_abandoned


def sweep_runs(*, starting: bool = False) -> Swept:
    """Free stale summaries, and announce runs that wait for a worker."""
    now = timezone.now()
    freed = Summary.objects.free_stale(now) + fail_abandoned()
    waiting = Run.objects.waiting(now).order_by("queued_at", "pk")  # the order that pages tell
    return Swept(freed, announce_again(waiting, at_once=starting or bool(freed)))
