"""Where documents and summaries came from, as the file that asked for the import says it."""

from django.db import models
from django.db.models import Q

from models_runner.models.datasets import Dataset


class ImportedSource(models.Model):
    """Files that were imported once, and how they were read; what has its row is not read again."""

    class Kind(models.TextChoices):
        DOCUMENTS = "documents", "Documents"
        SUMMARIES = "summaries", "Summaries"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="imported_sources")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    recipe = models.JSONField(help_text="Path as it was written, format, columns and the like.")
    key = models.CharField(max_length=64, help_text="SHA-256 of the recipe and of the files' contents.")
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["dataset", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "kind", "key"], name="imported_source_once_per_dataset"),
            models.CheckConstraint(condition=Q(kind__in=["documents", "summaries"]), name="imported_source_kind_known"),
            models.CheckConstraint(condition=~Q(key=""), name="imported_source_has_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.dataset_id}"
