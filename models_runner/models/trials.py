"""Trials: what a system that is not stored yet would write, or whether its endpoint answers."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.urls import reverse

from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from models_runner.models.datasets import Document, InstructionKind

KEPT = timedelta(days=1)


class Trial(LeasedJob):
    """One try of a system's record, before anything of it is stored. Trials are deleted after a day."""

    class Kind(models.TextChoices):
        CONNECTION = "connection", "Connection"
        DOCUMENT = "document", "One document"

    TASK = "models_runner.tasks.try_system"
    WORKER_ENDED = f"The worker ended while it tried this, {MAX_ATTEMPTS} times. The usual cause is too little memory."

    kind = models.CharField(max_length=10, choices=Kind.choices)
    record = models.JSONField(help_text="The system's fields as in the catalogue, with its slug.")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True, blank=True, related_name="trials")
    instruction = models.CharField(max_length=10, choices=InstructionKind.choices, blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LeasedJobQuerySet["Trial"].as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="document", document__isnull=False) & ~Q(instruction="")
                | Q(kind="connection", document__isnull=True, instruction=""),
                name="trial_document_iff_of_one",
            ),
            *lease_constraints("trial"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.record.get('slug', 'a system')}"

    def get_absolute_url(self) -> str:
        return reverse("trial", args=[self.pk])

    @property
    def is_settled(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)
