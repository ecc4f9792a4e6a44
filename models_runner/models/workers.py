"""Worker processes that are alive, as far as the database knows."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

SEEN_EVERY = timedelta(seconds=10)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def seen_lately(self) -> "WorkerQuerySet":
        """Those that reported within the last minute."""
        return self.filter(seen_at__gte=timezone.now() - 6 * SEEN_EVERY)


class Worker(models.Model):
    owner = models.CharField(max_length=200, unique=True, help_text="Machine, process id and start time.")
    queues = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["owner"]

    def __str__(self) -> str:
        return self.owner
