"""Worker processes that are alive, as far as the database knows."""

from django.db import models


class Worker(models.Model):
    owner = models.CharField(max_length=200, unique=True, help_text="Machine, process id and start time.")
    queues = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["owner"]

    def __str__(self) -> str:
        return self.owner
