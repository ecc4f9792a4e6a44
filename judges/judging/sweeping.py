"""The judges' part of a sweep: free the questions that dead workers hold, and announce their jobs."""

from django.utils import timezone

from jobs.registry import Swept
from jobs.sweeper import announce_again
from judges.models import JudgingJob, Verdict


def sweep_judging(*, starting: bool = False) -> Swept:
    """Free stale questions, and announce jobs that wait for a worker."""
    now = timezone.now()
    freed = Verdict.objects.free_stale(now)
    waiting = JudgingJob.objects.waiting(now).order_by("queued_at", "pk")
    return Swept(freed, announce_again(waiting, at_once=starting or bool(freed)))
