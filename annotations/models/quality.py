"""What the quality page of a study of many votes shows: computed by a worker, asked for by the page."""

from django.db import models
from django.db.models import Q

from annotations.models.studies import Study


class QualitySnapshot(models.Model):
    """One row a study; values: None until it is computed for the first time (annotations.quality.serialization)."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="quality_snapshot")
    values = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=64, blank=True, help_text="The study's change marker then.")
    as_of = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was last told to make it anew.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why the last try failed.")

    class Meta:
        ordering = ["study"]
        constraints = [
            models.CheckConstraint(
                condition=Q(values__isnull=True, as_of=None, state="")
                | Q(values__isnull=False, as_of__isnull=False) & ~Q(state=""),
                name="quality_snapshot_whole_or_none",
            )
        ]

    def __str__(self) -> str:
        return f"Quality of study {self.study_id}"
