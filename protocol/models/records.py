"""Protocols on record: what was planned, word for word, and when it was written down."""

from django.db import models
from django.db.models import Q

from annotations.models import Study


class ProtocolRecord(models.Model):
    """A study's protocol as it was put on record; a trigger refuses changes to the rows."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="protocol_records")
    text = models.TextField(help_text="In the canonical form.")
    sha256 = models.CharField(max_length=71, help_text="Of the text.")
    plan_sha256 = models.CharField(max_length=71, help_text="Of the planned analysis in it.")
    # What the datasets held then, by name, so that a later export can tell whether they have grown.
    contents = models.JSONField(default=dict)
    recorded_by = models.CharField(max_length=200, help_text="A name, so that it outlives the account.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(sha256="") & ~Q(plan_sha256=""), name="protocol_record_is_whole"
            )
        ]

    def __str__(self) -> str:
        return f"protocol of {self.study_id}"
