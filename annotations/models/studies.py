"""Studies: what is compared, on which questions, by how many people."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from models_runner.models import Dataset, Document, InstructionKind, Query, Summary, System


class Study(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open for rating"
        PAUSED = "paused", "Paused"
        CLOSED = "closed", "Closed"

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    # What annotators see instead of the slug, which may name a system.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="studies")
    instruction = models.CharField(max_length=10, choices=InstructionKind.choices, default=InstructionKind.MEDIUM)
    systems = models.ManyToManyField(System, related_name="studies")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    quota = models.PositiveIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many annotators rate each comparison.",
    )
    annotator_title = models.CharField(
        max_length=200, default="Which meeting summary is better?", help_text="The heading annotators see."
    )
    guidelines = models.TextField(blank=True)
    seed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="studies"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(condition=Q(quota__gte=1), name="study_quota_positive"),
            models.CheckConstraint(condition=Q(instruction__in=InstructionKind.values), name="study_instruction_known"),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("study", args=[self.slug])


class Criterion(models.Model):
    """One question about a pair of summaries."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=50)
    question = models.CharField(max_length=200)
    help_text = models.TextField(blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["study", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["study", "key"], name="criterion_key_once_per_study"),
            models.UniqueConstraint(fields=["study", "position"], name="criterion_position_once_per_study"),
        ]

    def __str__(self) -> str:
        return self.key


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def wanting(self) -> "ComparisonQuerySet":
        """Those with fewer annotators, leases included, than their quota."""
        return self.filter(taken__lt=F("quota"))


class Comparison(models.Model):
    """Two summaries of one document (or of one query on it) in canonical order: a has the smaller id."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="comparisons")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="comparisons")
    query = models.ForeignKey(Query, on_delete=models.PROTECT, null=True, blank=True, related_name="comparisons")
    summary_a = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="comparisons_as_a")
    summary_b = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="comparisons_as_b")
    # Random within the study, fixed: spreads the pairs of a document without a rule an annotator could notice.
    shuffle = models.PositiveIntegerField()
    quota = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0, help_text="Annotators who rated it or hold it now.")

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["study", "document", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(summary_a__lt=F("summary_b")), name="comparison_canonical_order"),
            models.UniqueConstraint(fields=["study", "summary_a", "summary_b"], name="comparison_once_per_study"),
            models.CheckConstraint(condition=Q(taken__lte=F("quota")), name="comparison_within_quota"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="comparison_taken_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["study", "document", "shuffle"], condition=Q(taken__lt=F("quota")), name="comparison_wanting"
            )
        ]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"
