"""Batches ordered from providers: many calls handed over together, answered within a day, for less money."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from models_runner.models.runs import Run, Summary


class ProviderBatchQuerySet(LeasedJobQuerySet["ProviderBatch"]):  # type: ignore[override]  # of as_manager
    def open(self) -> "ProviderBatchQuerySet":
        """Select batches that still wait for something."""
        return self.filter(status__in=[ProviderBatch.Status.PENDING, ProviderBatch.Status.RUNNING])

    def ready(self, now: datetime) -> "ProviderBatchQuerySet":
        """Select batches that a worker may look at now: not those that were looked at a moment ago."""
        return super().ready(now).filter(Q(not_before=None) | Q(not_before__lte=now))


class ProviderBatch(LeasedJob):
    """Calls of one run that are ordered together. A worker holds it only while it orders, asks, or reads results."""

    TASK = "models_runner.tasks.work_on_batch"
    WORKER_ENDED = (
        f"The worker ended while it worked on this batch, {MAX_ATTEMPTS} times. The usual cause is too little memory. "
        "Retry the failed summaries: what the provider has written is fetched, and nothing is ordered twice."
    )

    FAULTS_MAY_PASS = True

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches")
    token = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Sent along, to find the order again.")
    requests = models.PositiveIntegerField(help_text="Calls in it.")
    shape = models.JSONField(default=dict, help_text="How its requests look.")
    shape_after = models.JSONField(default=dict, blank=True, help_text="The same after what its refusals taught.")
    input_file = models.CharField(max_length=200, blank=True, help_text="The provider's id of the uploaded requests.")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="From then on the provider may have the order.")
    provider_id = models.CharField(max_length=200, blank=True, help_text="The provider's id of the batch.")
    provider_status = models.CharField(max_length=50, blank=True)
    ordered_at = models.DateTimeField(null=True, blank=True)
    promised_until = models.DateTimeField(null=True, blank=True, help_text="By when the provider promises answers.")
    not_before = models.DateTimeField(null=True, blank=True, help_text="When to ask again.")
    polls = models.PositiveIntegerField(default=0, help_text="How often it was looked at since something changed.")
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderBatchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "batch"
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "provider_id"], condition=~Q(provider_id=""), name="batch_order_known_once"
            ),
            models.CheckConstraint(
                condition=Q(provider_id="", ordered_at=None)
                | (~Q(provider_id="") & Q(ordered_at__isnull=False, asked_at__isnull=False)),
                name="batch_ordered_iff_it_has_an_id",
            ),
            *lease_constraints("batch"),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk} of run {self.run_id}"


class BatchCall(models.Model):
    """One call in a batch; its answer is kept until the summary is written."""

    class Fault(models.TextChoices):
        NONE = "", "None"
        PASSING = "passing", "May pass"
        FINAL = "final", "Final"
        LEARNT = "learnt", "Refused for a field that is left out from now on"

    batch = models.ForeignKey(ProviderBatch, on_delete=models.CASCADE, related_name="calls")
    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="batch_calls")
    custom_id = models.CharField(max_length=64)
    prompt_key = models.CharField(max_length=64, help_text="SHA-256 of the prompt and its limit.")
    answer = models.TextField(blank=True, help_text="The server's answer as JSON.")
    fault = models.CharField(max_length=10, choices=Fault.choices, blank=True)
    fault_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["batch", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "custom_id"], name="batch_call_id_once"),
            models.UniqueConstraint(fields=["batch", "summary", "prompt_key"], name="batch_call_prompt_once"),
            models.CheckConstraint(condition=Q(answer="") | Q(fault=""), name="batch_call_answer_or_fault"),
            models.CheckConstraint(condition=Q(fault="") | ~Q(fault_reason=""), name="batch_call_fault_has_reason"),
        ]

    def __str__(self) -> str:
        return f"Call {self.custom_id} of batch {self.batch_id}"
