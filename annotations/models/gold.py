"""Control items: gold and training pairs, whose right answer is known before anybody rates them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.comparisons import Comparison
from annotations.models.judgements import Outcome
from annotations.models.studies import Criterion
from models_runner.models import Document, Summary

LONGEST_EXPLANATION = 2_000


class ControlItem(models.Model):
    """The gold or training side of a comparison; training is given in the order of the rows.

    Attributes:
        explanation: Shown to annotators after a training pair; of a gold pair, a note among researchers.
        attention: The item is an attention check: one of its two summaries is of another document.
    """

    comparison = models.OneToOneField(Comparison, on_delete=models.CASCADE, related_name="control_item")
    explanation = models.TextField(blank=True, max_length=LONGEST_EXPLANATION)
    attention = models.BooleanField(default=False, help_text="One of the two summaries is of another document.")
    switched_off_at = models.DateTimeField(null=True, blank=True, help_text="Not given out, nor counted, since then.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "annotations_knownpair"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Control item {self.pk}"


class ExpectedAnswer(models.Model):
    """One right outcome of a question, which may have several. A trigger refuses changes to the rows."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="expected_answers")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="expected_answers")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "criterion", "outcome"], name="expected_answer_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="expected_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"Expected answer {self.pk}"


class ForeignEvidenceQuerySet(models.QuerySet["ForeignEvidence"]):
    def current(self) -> "ForeignEvidenceQuerySet":
        """Evidence found by the method of this release."""
        from annotations.models.evidence import METHOD

        return self.filter(signature__startswith=f"{METHOD}|")


class ForeignEvidence(models.Model):
    """Turns of one document that may support a summary of another, so that attention checks do not reveal themselves.

    Attributes:
        spans: As in SummaryEvidence; the turns are of this document.
    """

    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="foreign_evidence")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="foreign_evidence")
    spans = models.JSONField()
    signature = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ForeignEvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["document", "summary"]
        verbose_name_plural = "foreign evidence"
        constraints = [
            models.UniqueConstraint(fields=["summary", "document"], name="foreign_evidence_once"),
            models.CheckConstraint(condition=~Q(signature=""), name="foreign_evidence_has_signature"),
        ]

    def __str__(self) -> str:
        return f"Evidence of summary {self.summary_id} in document {self.document_id}"
