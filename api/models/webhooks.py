"""Webhooks: servers that are told of events; and the deliveries to them."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models import Study
from jobs.models import LeasedJob, LeasedJobQuerySet, lease_constraints

LONGEST_URL = 500


class Event(models.TextChoices):
    RUN_FINISHED = "run.finished", "A run ended"
    STUDY_COMPLETE = "study.complete", "Every comparison of a study is rated as often as asked"
    RELEASE_PUBLISHED = "release.published", "A release was published"


class Webhook(models.Model):
    """A server that is told of events; study None means every study that the owner may see.

    The secret that signs deliveries is derived from secret_id and not stored.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks")
    url = models.CharField(max_length=LONGEST_URL)
    events = models.JSONField(help_text="Names of events.")
    # Replacing it replaces the secret.
    secret_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(url=""), name="webhook_has_address")]

    def __str__(self) -> str:
        return f"Webhook {self.public_id}"


class DeliveryQuerySet(LeasedJobQuerySet["Delivery"]):  # type: ignore[override]  # of as_manager
    def ready(self, now: datetime) -> "DeliveryQuerySet":
        """Waiting deliveries whose time has come."""
        return super().ready(now).filter(not_before__lte=now)


class Delivery(LeasedJob):
    """One event for one webhook, sent until the receiver takes it or it is given up."""

    TASK = "api.tasks.send_delivery"
    MAX_ATTEMPTS = 9
    WORKER_ENDED = f"The worker ended while it sent this, {MAX_ATTEMPTS} times. Its log may say why."

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "sending", "Being sent"
        DONE = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=30, choices=Event.choices)
    # Names what happened, so that an event is queued once for each webhook.
    about = models.CharField(max_length=200)
    payload = models.JSONField()
    not_before = models.DateTimeField(default=timezone.now)
    answer = models.PositiveIntegerField(null=True, blank=True, help_text="The last HTTP status.")
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event", "about"], name="delivery_once_per_event"),
            models.CheckConstraint(condition=Q(event__in=Event.values), name="delivery_event_known"),
            *lease_constraints("delivery", running="sending"),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(status="pending"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.event} for webhook {self.webhook_id}"
