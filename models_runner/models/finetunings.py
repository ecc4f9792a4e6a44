"""Fine-tuning jobs, and the documents that each of them saw, from which leakage is detected."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from models_runner.models.datasets import Dataset, Document, InstructionKind
from models_runner.models.systems import System

ALL_LENGTHS = "all"


class FineTuningQuerySet(LeasedJobQuerySet["FineTuning"]):  # type: ignore[override]  # of as_manager
    def open(self) -> "FineTuningQuerySet":
        """Select jobs that have not ended."""
        return self.filter(status__in=[FineTuning.Status.PENDING, FineTuning.Status.RUNNING])

    def finish(self, **results: object) -> int:
        return super().finish(finished_at=timezone.now(), **results)

    def fail(self, reason: str, **changes: object) -> int:
        return super().fail(reason, finished_at=timezone.now(), **changes)


class FineTuning(LeasedJob):
    """A job that trains a base system on a dataset's references; its result is a new system in regime fine-tuned."""

    TASK = "models_runner.tasks.finetune_system"
    WORKER_ENDED = f"The worker that trained it ended without a word, {MAX_ATTEMPTS} times; too little memory?"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Training"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Method(models.TextChoices):
        LORA = "lora", "LoRA"
        FULL = "full", "All weights"

    class Lengths(models.TextChoices):
        LONG = InstructionKind.LONG
        MEDIUM = InstructionKind.MEDIUM
        SHORT = InstructionKind.SHORT
        QUERY = InstructionKind.QUERY
        ALL = ALL_LENGTHS, "Long, medium and short"

    name = models.SlugField(max_length=100, unique=True, help_text="The new system's name.")
    base = models.ForeignKey(System, on_delete=models.PROTECT, related_name="finetunings")
    system = models.OneToOneField(
        System, on_delete=models.CASCADE, null=True, blank=True, related_name="finetuning", help_text="The result."
    )
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="finetunings")
    split = models.CharField(max_length=50, blank=True)
    validation_split = models.CharField(max_length=50, blank=True, help_text="Empty: a tenth of the split, held out.")
    instruction = models.CharField(max_length=10, choices=Lengths.choices, default=Lengths.ALL)
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.LORA)
    settings = models.JSONField(default=dict, help_text="Seed, learning rate, steps and the like; see docs.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    # [{"step": n, "loss": x} or {"step": n, "validation_loss": x}], in order.
    log = models.JSONField(default=list, blank=True)
    environment = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = FineTuningQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            *lease_constraints("finetuning"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(system__isnull=False), name="finetuning_done_is_there"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("finetuning", args=[self.name])

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.PENDING, self.Status.RUNNING)


class TrainedDocument(models.Model):
    """A document that a fine-tuning saw, to learn from or to decide when to stop."""

    class Role(models.TextChoices):
        TRAIN = "train", "Learnt from"
        VALIDATION = "validation", "Watched to decide when to stop"

    finetuning = models.ForeignKey(FineTuning, on_delete=models.CASCADE, related_name="documents")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="trainings")
    # Hash of the transcript's text, by which the same meeting is recognized in another dataset.
    text_hash = models.CharField(max_length=64)
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        ordering = ["finetuning", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["finetuning", "document"], name="trained_document_once_per_finetuning"),
            models.CheckConstraint(condition=~Q(text_hash=""), name="trained_document_has_hash"),
        ]
        indexes = [models.Index(fields=["text_hash"], name="trained_document_text")]

    def __str__(self) -> str:
        return f"{self.role} document {self.document_id} of {self.finetuning_id}"
