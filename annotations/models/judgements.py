"""Judgements: the current answer per assignment and criterion, and every answer ever given."""

import uuid

from django.db import models
from django.db.models import Q

from annotations.models.assignments import Assignment
from annotations.models.studies import Criterion


class Outcome(models.TextChoices):
    A = "a", "a is better"
    B = "b", "b is better"
    TIE = "tie", "Equally good"
    BOTH_BAD = "both_bad", "Both bad"


class Judgement(models.Model):
    """The answer that counts now."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="judgements")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="judgements")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    lead_time_ms = models.PositiveIntegerField(null=True, blank=True, help_text="From showing the pair to the answer.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="judgement_once_per_criterion"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="judgement_outcome_known"),
        ]
        indexes = [models.Index(fields=["criterion", "assignment"], name="judgement_criterion")]

    def __str__(self) -> str:
        return f"Judgement {self.pk}"


class JudgementRevision(models.Model):
    """Append-only: one row per answer given, corrections included. A trigger refuses changes to its rows."""

    judgement = models.ForeignKey(Judgement, on_delete=models.CASCADE, related_name="revisions")
    # Chosen by the browser for each answer: the same key again is the same answer.
    client_key = models.UUIDField(unique=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    lead_time_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="revision_outcome_known")]

    def __str__(self) -> str:
        return f"Revision {self.pk} of judgement {self.judgement_id}"
