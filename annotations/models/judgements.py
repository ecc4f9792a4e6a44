"""Judgements: the current answer per assignment and criterion, and every answer ever given."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.annotators import included
from annotations.models.assignments import Assignment
from annotations.models.comparisons import Purpose
from annotations.models.studies import Criterion
from lib.sql import has_at_most


class Outcome(models.TextChoices):
    A = "a", "a is better"
    B = "b", "b is better"
    TIE = "tie", "Equally good"
    BOTH_BAD = "both_bad", "Both bad"


class Strength(models.IntegerChoices):
    SLIGHTLY = 1, "slightly"
    MUCH = 2, "much"


def _strength_fits_outcome(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(strength=None) | Q(strength__in=Strength.values, outcome__in=[Outcome.A, Outcome.B]), name=name
    )


class JudgementQuerySet(models.QuerySet["Judgement"]):
    def counted(self) -> "JudgementQuerySet":
        """Votes that count: in a held place, by included annotators, on pairs for rating.

        A half-answered pair whose lease ran out keeps its answers but holds no place: they count again when its
        annotator takes it up, and until then somebody else's do. So no comparison counts more annotators than its
        quota. Answers to gold, training and repeated pairs tell about annotators, not about systems.
        """
        return self.held().by_included().for_rating()

    def held(self) -> "JudgementQuerySet":
        """Answers in a held place of their comparison, whether all its questions are answered or not."""
        return self.filter(assignment__slot__isnull=False)

    def by_included(self) -> "JudgementQuerySet":
        """Answers of annotators whose votes count."""
        return self.filter(included("assignment__annotator__"))

    def for_rating(self) -> "JudgementQuerySet":
        """Answers on comparisons that count: neither gold nor training nor repeated."""
        return self.filter(assignment__comparison__purpose=Purpose.RATING)

    def are_few(self) -> bool:
        """Tell whether a page may compute on them (BOARD_IN_REQUEST_VOTES)."""
        return has_at_most(self, settings.BOARD_IN_REQUEST_VOTES)


class Judgement(models.Model):
    """The current answer to a question in an assignment; no row while the last answer is withdrawn."""

    # No indexes of their own: a constraint and an index below begin with them.
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="judgements", db_index=False)
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="judgements", db_index=False)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    strength = models.PositiveSmallIntegerField(null=True, blank=True, choices=Strength.choices)
    lead_time_ms = models.PositiveIntegerField(null=True, blank=True, help_text="From showing the pair to the answer.")
    active_ms = models.PositiveIntegerField(null=True, blank=True, help_text="The same, without times of no activity.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="judgement_once_per_criterion"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="judgement_outcome_known"),
            _strength_fits_outcome("judgement_strength_fits_outcome"),
        ]
        indexes = [models.Index(fields=["criterion", "assignment"], name="judgement_criterion")]

    def __str__(self) -> str:
        return f"Judgement {self.pk}"


class JudgementRevision(models.Model):
    """One answer given, corrected or withdrawn. A trigger refuses changes to the rows."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="revisions")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    # Chosen by the browser for each answer; a repeated key is the same answer sent again.
    client_key = models.UUIDField(unique=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, help_text="Empty: withdrawn.")
    strength = models.PositiveSmallIntegerField(null=True, blank=True, choices=Strength.choices)
    lead_time_ms = models.PositiveIntegerField(null=True, blank=True)
    active_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=[*Outcome.values, ""]), name="revision_outcome_known"),
            _strength_fits_outcome("revision_strength_fits_outcome"),
        ]
        # Finds the newest answer to a question, which says whether a board is stale.
        indexes = [models.Index(fields=["criterion", "id"], name="revision_newest")]

    def __str__(self) -> str:
        return f"Revision {self.pk} of assignment {self.assignment_id}"
