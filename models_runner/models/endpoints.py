"""What was sent to an endpoint whose use is limited over all workers together."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Endpoint(models.Model):
    """A host with limits; its row is locked while a worker takes a turn there."""

    host = models.CharField(max_length=260, unique=True)

    def __str__(self) -> str:
        return self.host


class EndpointRequest(models.Model):
    """A request to an endpoint with limits.

    Attributes:
        owner: The thread that sends it.
        begun_at: When its turn came.
        held_until: Without news of its worker until then, it counts as ended.
        ended_at: When it was answered or failed; None while it is under way.
        tokens: Tokens read and written: the most that it can be, until the answer tells.
        dollars: What they cost, in US dollars.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="requests")
    owner = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    held_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    tokens = models.PositiveIntegerField()
    dollars = models.FloatField(default=0.0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["endpoint", "begun_at"], name="endpoint_request_begun")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(dollars__gte=0), name="endpoint_request_costs_no_less_than_nothing"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("begun_at")),
                name="endpoint_request_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} at {self.begun_at:%H:%M:%S}"
