"""Metric scores: one value per (summary, signature, name), or the reason why it is undefined."""

from django.db import models
from django.db.models import Q

from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from models_runner.models.runs import Run, Summary


class MetricSignature(models.Model):
    """A metric's name, versions and every setting that changes a number, as one text."""

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
    # Why there is no value, or a remark on the value, such as a cut-off input.
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


class ScoredSpans(models.Model):
    """The parts of a summary that a value is made of, such as sentences or numbers; for researchers' pages alone."""

    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="scored_spans")
    signature = models.ForeignKey(MetricSignature, on_delete=models.PROTECT, related_name="scored_spans")
    name = models.CharField(max_length=50, help_text="As of the score: entity_precision, alignscore, ...")
    # [{"start": 0, "end": 4, "value": 1.0, "kind": "name"}, ...], characters of the summary as written.
    spans = models.JSONField()

    class Meta:
        ordering = ["summary", "name"]
        constraints = [
            models.UniqueConstraint(fields=["summary", "signature", "name"], name="scored_spans_once_per_signature"),
        ]

    def __str__(self) -> str:
        return f"Spans of {self.name} of summary {self.summary_id}"


class ScoringJob(LeasedJob):
    """A job that computes one metric for the finished summaries of one run; new summaries let it wait again."""

    TASK = "models_runner.tasks.score_summaries"
    WORKER_ENDED = (
        f"The worker ended while it computed this metric, {MAX_ATTEMPTS} times. The usual cause is too little memory: "
        "use a machine with more of it, then compute it again on the run's page."
    )

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="scoring_jobs")
    metric = models.CharField(max_length=50)
    scored_input = models.CharField(
        max_length=200, blank=True, help_text="Which summaries and references the last attempt began with."
    )

    objects = LeasedJobQuerySet["ScoringJob"].as_manager()

    class Meta:
        ordering = ["run", "metric"]
        constraints = [
            models.UniqueConstraint(fields=["run", "metric"], name="scoring_job_once_per_run_metric"),
            *lease_constraints("scoring"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} over run {self.run_id}"
