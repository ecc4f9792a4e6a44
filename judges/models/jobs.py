"""Judging: one judge asked about one study. The verdicts are the work; messages only announce it."""

from datetime import datetime

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from annotations.models import Study
from jobs.models import Announced, AnnouncedQuerySet, failure_has_reason
from judges.models.judges import Judge
from judges.models.verdicts import Verdict


class JudgingJobQuerySet(AnnouncedQuerySet["JudgingJob"]):
    def open(self) -> "JudgingJobQuerySet":
        """Select jobs that have not ended."""
        return self.filter(status__in=[JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING])

    def waiting(self, now: datetime) -> "JudgingJobQuerySet":
        """Select open jobs that have a question to ask, or whose questions have all ended."""
        unfinished = Verdict.objects.unfinished().filter(job=OuterRef("pk"))
        ready = Verdict.objects.ready(now).filter(job=OuterRef("pk"))
        return self.open().filter(Exists(ready) | ~Exists(unfinished))


class JudgingJob(Announced):
    """The questions to one judge about one study; asking for more criteria or pairs adds to them."""

    TASK = "judges.tasks.ask_judge"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Finished with failures"
        CANCELLED = "cancelled", "Cancelled"
        STOPPED = "stopped", "Stopped at its cost limit"

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="jobs")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="judging_jobs")
    # {criterion: {"version": …, "sha256": …, "en": …, "zh": …}}: the words it asks in, fixed when it was first asked.
    rubrics = models.JSONField(default=dict)
    cost_limit = models.FloatField(null=True, blank=True, help_text="US dollars; nothing is asked beyond it.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    failure_reason = models.TextField(blank=True)
    environment = models.JSONField(default=dict, blank=True)
    started_by = models.CharField(max_length=200, blank=True, help_text="A name, so that it outlives the account.")
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JudgingJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["judge", "study"], name="judging_once_per_judge_and_study"),
            models.CheckConstraint(condition=Q(cost_limit=None) | Q(cost_limit__gt=0), name="judging_limit_positive"),
            failure_has_reason("judging"),
        ]

    def __str__(self) -> str:
        return f"{self.judge.name} on {self.study.slug}"

    def counts(self) -> dict[str, int]:
        """Count the questions of every status, and their total, in one SQL query."""
        rows = self.verdicts.order_by().values_list("status").annotate(n=Count("pk"))
        counts = dict.fromkeys(Verdict.Status.values, 0) | dict(rows)
        return counts | {"total": sum(counts.values())}
