"""Metric scores: one value per (summary, signature, name), undefined with a reason."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from models_runner.models.runs import Run, Summary


class MetricSignature(models.Model):
    """Name, version and every setting that changes the number, as one text."""

    metric = models.CharField(max_length=50)
    text = models.CharField(max_length=500, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["metric", "text"]

    def __str__(self) -> str:
        return self.text


class Score(models.Model):
    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="scores")
    signature = models.ForeignKey(MetricSignature, on_delete=models.PROTECT, related_name="scores")
    name = models.CharField(max_length=50, help_text="rouge1, bertscore_f1, words, ...")
    value = models.FloatField(null=True, blank=True)
    # Why there is no value; or a remark on the value, such as a cut-off input.
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["summary", "name"]
        constraints = [
            models.UniqueConstraint(fields=["summary", "signature", "name"], name="score_once_per_signature"),
            models.CheckConstraint(condition=Q(value__isnull=False) | ~Q(reason=""), name="score_undefined_has_reason"),
        ]
        indexes = [models.Index(fields=["signature", "name"], name="score_signature_name")]

    def __str__(self) -> str:
        return f"{self.name} of summary {self.summary_id}"


class ScoringJobQuerySet(models.QuerySet["ScoringJob"]):
    def claim(self, job_id: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take a waiting job for owner; False if somebody else has it or it is finished."""
        return bool(
            self.filter(pk=job_id, status=ScoringJob.Status.PENDING).update(
                status=ScoringJob.Status.RUNNING, owner=owner, lease_until=now + lease, reason=""
            )
        )


class ScoringJob(models.Model):
    """One metric over the finished summaries of one run; set back to waiting when new summaries arrive."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="scoring_jobs")
    metric = models.CharField(max_length=50)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    reason = models.TextField(blank=True)
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True, help_text="When workers were last told of it.")

    objects = ScoringJobQuerySet.as_manager()

    class Meta:
        ordering = ["run", "metric"]
        constraints = [
            models.UniqueConstraint(fields=["run", "metric"], name="scoring_job_once_per_run_metric"),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(reason=""), name="scoring_failure_has_reason"),
            models.CheckConstraint(
                condition=~Q(status="running") | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="scoring_running_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} over run {self.run_id}"
