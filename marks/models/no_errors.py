"""Statements that nothing can be marked: where marks are required, people shall not invent errors."""

from django.db import models

from annotations.models import Assignment
from models_runner.models import Summary


class NoErrorFound(models.Model):
    """An annotator says of a summary that loses in a pair that they find no error to mark in it."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="no_errors_found", db_index=False)
    summary = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="no_errors_found")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "no errors found"
        constraints = [models.UniqueConstraint(fields=["assignment", "summary"], name="no_error_found_once")]

    def __str__(self) -> str:
        return f"No error found in summary {self.summary_id} of assignment {self.assignment_id}"
