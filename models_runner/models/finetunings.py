"""Fine-tuning jobs, and which documents each of them saw: what leakage is judged by."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from models_runner.models.datasets import Dataset, Document, InstructionKind
from models_runner.models.systems import System

ALL_LENGTHS = "all"


class FineTuningQuerySet(models.QuerySet["FineTuning"]):
    def claim(self, pk: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take a waiting job for owner; False if somebody else has it or it is finished."""
        waiting = self.filter(pk=pk, status=FineTuning.Status.PENDING)
        taken = {"status": FineTuning.Status.RUNNING, "owner": owner, "lease_until": now + lease, "status_reason": ""}
        return bool(waiting.update(**taken, attempts=F("attempts") + 1))

    def held_by(self, owner: str) -> "FineTuningQuerySet":
        return self.filter(status=FineTuning.Status.RUNNING, owner=owner)


class FineTuning(models.Model):
    """Training a base system on a dataset's references; its result is a new system in regime fine-tuned."""

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
    status_reason = models.TextField(blank=True)
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    announced_at = models.DateTimeField(null=True, blank=True, help_text="When workers were last told of it.")
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
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(status_reason=""), name="finetuning_failure_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="finetuning_running_has_lease",
            ),
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
    # Of the transcript's text: the same meeting is known again in another dataset.
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
