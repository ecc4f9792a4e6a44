"""Runs and their summaries. The rows hold the state of background work; messages only announce it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from jobs.models import (
    MAX_ATTEMPTS,
    Announced,
    AnnouncedQuerySet,
    Leased,
    LeasedQuerySet,
    failure_has_reason,
    lease_constraints,
)
from models_runner.models.datasets import Dataset, Document, InstructionKind, Query
from models_runner.models.systems import System


class RunQuerySet(AnnouncedQuerySet["Run"]):
    def open(self) -> "RunQuerySet":
        """Select runs that have not ended."""
        return self.filter(status__in=[Run.Status.PENDING, Run.Status.RUNNING])

    def waiting(self, now: datetime) -> "RunQuerySet":
        """Select open runs that have a summary to claim, or whose summaries have all ended."""
        unfinished = Summary.objects.unfinished().filter(run=OuterRef("pk"))
        ready = Summary.objects.ready(now).filter(run=OuterRef("pk"))
        return self.open().filter(Exists(ready) | ~Exists(unfinished))


class Run(Announced):
    """The summaries of one system over one split of a dataset under one instruction."""

    TASK = "models_runner.tasks.generate_summaries"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Finished with failures"
        CANCELLED = "cancelled", "Cancelled"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="runs")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs")
    split = models.CharField(max_length=50, blank=True, help_text="Empty: the documents of every split.")
    instruction = models.CharField(max_length=10, choices=InstructionKind.choices)
    instruction_version = models.PositiveIntegerField(default=1, help_text="Which wording of the instruction.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    failure_reason = models.TextField(blank=True, help_text="Why it failed or was cancelled.")
    environment = models.JSONField(default=dict, blank=True)
    leaked_documents = models.PositiveIntegerField(
        default=0, help_text="Documents the system was trained on; more than 0 only where a run was forced."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="Since when it waits, or last waited, for a worker to begin."
    )
    goes_first = models.BooleanField(
        default=False, db_default=False, help_text="Workers write it before all that do not go first."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "dataset", "split", "instruction"], name="run_once_per_system_split_instruction"
            ),
            models.CheckConstraint(condition=Q(instruction__in=InstructionKind.values), name="run_instruction_known"),
            failure_has_reason("run"),
        ]

    def __str__(self) -> str:
        return f"{self.system.slug} on {self.dataset.name} ({self.instruction})"

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])

    def counts(self) -> dict[str, int]:
        """Count the summaries of every status, and their total, in one SQL query."""
        rows = self.summaries.values_list("status").annotate(n=Count("pk"))
        counts = dict.fromkeys(Summary.Status.values, 0) | dict(rows)
        return counts | {"total": sum(counts.values())}


class SummaryQuerySet(LeasedQuerySet["Summary"]):
    def done(self) -> "SummaryQuerySet":
        """Select summaries that are written; their text may be empty."""
        return self.filter(status=Summary.Status.DONE)

    def unfinished(self) -> "SummaryQuerySet":
        """Select summaries that wait or are being written."""
        return self.filter(status__in=[Summary.Status.PENDING, Summary.Status.RUNNING])

    def ready(self, now: datetime) -> "SummaryQuerySet":
        """Select summaries that a worker may claim now: waiting, in no batch, and not held back by a fault."""
        return super().ready(now).filter(batch=None).filter(Q(not_before=None) | Q(not_before__lte=now))

    def claim_batch(
        self,
        run_id: int,
        *,
        owner: str,
        count: int,
        now: datetime,
        lease: timedelta,
        documents: Collection[int] | None = None,
    ) -> list[int]:
        """Claim up to count ready summaries of a run for owner; return their ids in the order in which they were made.

        That is the order of the documents, and an index has it: to sort what waits would take each of many workers
        longer, the larger the run. Rows that another worker is claiming at this moment are skipped (PostgreSQL) or
        waited for (SQLite).

        Args:
            run_id: The run.
            owner: The worker that claims.
            count: The most summaries to claim.
            now: The current time.
            lease: For how long they are claimed.
            documents: If given, only summaries of these documents are claimed.
        """
        with transaction.atomic():
            ready = self.ready(now).filter(run_id=run_id)
            if documents is not None:
                ready = ready.filter(document__in=documents)
            ready = ready.order_by("pk")
            ids = list(ready.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:count])
            self.filter(pk__in=ids, status=Summary.Status.PENDING).take(owner=owner, until=now + lease)
        return ids

    def take(self, *, owner: str, until: datetime, **changes: object) -> int:
        return super().take(owner=owner, until=until, not_before=None, **changes)


class Summary(Leased):
    WORKER_ENDED = (
        f"The worker ended while it wrote this summary, which was attempt {MAX_ATTEMPTS} or later. The usual cause is "
        "too little memory: use a smaller window or a machine with more of it, then retry."
    )

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class StopReason(models.TextChoices):
        END = "end", "The system ended the text"
        LENGTH = "length", "Cut off at the output limit"
        THINKING = "thinking", "The output limit was spent on thinking"
        EMPTY = "empty", "The system wrote nothing"

    WITHOUT_TEXT = (StopReason.THINKING, StopReason.EMPTY)

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="summaries")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="summaries")
    query = models.ForeignKey(Query, on_delete=models.CASCADE, null=True, blank=True, related_name="summaries")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    not_before = models.DateTimeField(null=True, blank=True, help_text="Set after a passing fault: when to try again.")
    batch = models.ForeignKey(
        "models_runner.ProviderBatch",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="summaries",
        help_text="The provider's batch that it waits for, or that wrote it.",
    )

    text = models.TextField(blank=True)
    thoughts = models.TextField(
        blank=True,
        help_text="What the model thought before. Researchers see it on the summary's page, unless they rate summaries "
        "of the same meetings, and in export_summaries --thoughts; raters and metrics never get it.",
    )
    stop_reason = models.CharField(max_length=10, choices=StopReason.choices, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    thinking_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Those of the output tokens that were thoughts; empty where nobody knows."
    )
    dropped_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    peak_memory_bytes = models.BigIntegerField(null=True, blank=True)
    energy_joules = models.FloatField(null=True, blank=True, help_text="Of the whole machine meanwhile, if it tells.")
    chapters = models.PositiveIntegerField(default=1, help_text="Parts the transcript was read in.")
    leaked = models.BooleanField(default=False, help_text="The system was trained on this document.")
    repeated = models.BooleanField(default=False, help_text="The text goes round in circles.")
    control_tokens = models.JSONField(
        default=list, blank=True, help_text="Control tokens in the transcript that may not have been read as text."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        ordering = ["run", "document__position", "pk"]
        verbose_name_plural = "summaries"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "document"], condition=Q(query=None), name="summary_once_per_run_document"
            ),
            models.UniqueConstraint(
                fields=["run", "document", "query"], condition=Q(query__isnull=False), name="summary_once_per_run_query"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | (~Q(stop_reason="") & Q(dropped_tokens__isnull=False)),
                name="summary_done_is_accounted_for",
            ),
            models.CheckConstraint(
                condition=~Q(status="done")
                | (Q(text="") & Q(stop_reason__in=["empty", "thinking"]))
                | (~Q(text="") & ~Q(stop_reason__in=["empty", "thinking"])),
                name="summary_empty_is_flagged",
            ),
            models.CheckConstraint(
                condition=Q(batch=None) | (~Q(status="running") & Q(seconds=None)),
                name="summary_in_a_batch_is_not_timed",
            ),
            *lease_constraints("summary"),
        ]
        indexes = [
            models.Index(fields=["run", "status"], name="summary_run_status"),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="summary_leases"),
            models.Index(fields=["run", "id"], condition=Q(status="pending"), name="summary_waiting"),
        ]

    def __str__(self) -> str:
        return f"Summary {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("summary", args=[self.pk])

    @property
    def cut_input(self) -> bool:
        return bool(self.dropped_tokens)

    @property
    def cut_output(self) -> bool:
        return self.stop_reason == self.StopReason.LENGTH


class SummaryCall(models.Model):
    """One call of a model on the way to a summary, with the exact prompt and the answer."""

    class Step(models.TextChoices):
        SUMMARY = "summary", "Summary"
        CHAPTER = "chapter", "Summary of a chapter"
        REWRITE = "rewrite", "Rewriting of the chapter summaries"
        RESUMMARIZE = "re-summarize", "Summary of the chapter summaries"

    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="calls")
    position = models.PositiveIntegerField()
    step = models.CharField(max_length=20, choices=Step.choices)
    prompt = models.TextField()
    output = models.TextField(blank=True)
    thoughts = models.TextField(blank=True, help_text="What the model thought before it wrote the output.")
    stop_reason = models.CharField(max_length=10, choices=Summary.StopReason.choices)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Prompt tokens that were not read again."
    )
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    thinking_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text="Empty if it was written in a provider's batch.")

    class Meta:
        ordering = ["summary", "position"]
        constraints = [
            models.UniqueConstraint(fields=["summary", "position"], name="call_once_per_position"),
            models.CheckConstraint(condition=~Q(prompt=""), name="call_prompt_known"),
        ]

    def __str__(self) -> str:
        return f"Call {self.position} of summary {self.summary_id}"
