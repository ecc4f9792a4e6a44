"""Judging: one judge asked about one study, or one dataset. The verdicts are the work; messages only announce it.

A job and its questions have the shape of a run and its summaries. What the two share is in the kernel: leases, attempts
and freeing (Leased), announcing (Announced), announcing again (jobs.sweeper). What is alike beyond that (`open`,
`waiting`, `ready` after a passing fault, `counts`) is some twenty lines on each side and stays there: the claims differ
where it matters, as a summary may wait in a provider's batch and is claimed by runs that read the same documents
together, a question only with others about its document, in an order that engines read fast, and within a limit of
cost. A common base would take as many lines as it saves, and hide which rows a claim takes.
"""

from datetime import datetime

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from annotations.models import Study
from jobs.models import Announced, AnnouncedQuerySet, failure_has_reason
from judges.models.judges import Judge
from judges.models.verdicts import Verdict
from models_runner.models import Dataset, InstructionKind, System


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
    """The questions to one judge about one study, or about all that systems wrote on one dataset under one instruction.

    Asking for more criteria or pairs adds to them.
    """

    TASK = "judges.tasks.ask_judge"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Finished with failures"
        CANCELLED = "cancelled", "Cancelled"
        STOPPED = "stopped", "Stopped at its cost limit"

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="jobs")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, blank=True, related_name="judging_jobs")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True, blank=True, related_name="judging_jobs")
    instruction = models.CharField(
        max_length=10, choices=InstructionKind.choices, blank=True, help_text="Of a dataset's summaries."
    )
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
            models.UniqueConstraint(
                fields=["judge", "dataset", "instruction"],
                condition=Q(dataset__isnull=False),
                name="judging_once_per_judge_and_dataset",
            ),
            models.CheckConstraint(
                condition=Q(study__isnull=False, dataset=None, instruction="")
                | Q(study=None, dataset__isnull=False, instruction__in=InstructionKind.values),
                name="judging_of_a_study_or_a_dataset",
            ),
            models.CheckConstraint(condition=Q(cost_limit=None) | Q(cost_limit__gt=0), name="judging_limit_positive"),
            failure_has_reason("judging"),
        ]

    def __str__(self) -> str:
        return f"{self.judge.name} on {self.about}"

    @property
    def about(self) -> str:
        """What the judge is asked about, by its name."""
        if self.study is not None:
            return str(self.study.slug)
        return f"{self.dataset.name} ({self.instruction})" if self.dataset else ""

    @property
    def systems(self) -> models.QuerySet[System]:
        """Whose summaries it reads."""
        if self.study is not None:
            return self.study.systems.all()
        return System.objects.filter(runs__dataset=self.dataset_id).distinct()

    @property
    def letters(self) -> tuple[str, ...]:
        """What may be chosen of a pair: what the study lets people choose; everything of a dataset's."""
        tie = self.study is None or self.study.allow_tie
        both_bad = self.study is None or self.study.allow_both_bad
        return ("A", "B", *(["C"] if tie else []), *(["D"] if both_bad else []))

    @property
    def asked_instruction(self) -> str:
        """The instruction under which the summaries were written."""
        return self.instruction or (self.study.instruction if self.study else "")

    def counts(self) -> dict[str, int]:
        """Count the questions of every status, and their total, in one SQL query."""
        rows = self.verdicts.order_by().values_list("status").annotate(n=Count("pk"))
        counts = dict.fromkeys(Verdict.Status.values, 0) | dict(rows)
        return counts | {"total": sum(counts.values())}
