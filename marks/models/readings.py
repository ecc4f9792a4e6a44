"""Readings: who looked for errors in which summary, so that one without marks counts as one without errors."""

from django.db import models
from django.db.models import Q

from annotations.models import Annotator, Assignment, Purpose, Study, included
from models_runner.models import Summary


class ReadingQuerySet(models.QuerySet["Reading"]):
    def counted(self) -> "ReadingQuerySet":
        """Select those of annotators who are not excluded, on pairs that count or from a file."""
        on_pairs = Q(assignment=None) | Q(assignment__comparison__purpose=Purpose.RATING)
        return self.filter(on_pairs, included("annotator__"))


class Reading(models.Model):
    """An annotator looked for errors in a summary, whether they found one or not; once for each of the two."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="readings")
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="readings", db_index=False)
    summary = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="readings")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, null=True, blank=True, related_name="readings")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["annotator", "summary"], name="reading_once")]

    def __str__(self) -> str:
        return f"Reading of summary {self.summary_id} by {self.annotator_id}"
