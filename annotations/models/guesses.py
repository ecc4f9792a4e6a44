"""Guesses of annotators, after rating, which of two summaries was the large model's."""

from django.db import models
from django.db.models import Q

from annotations.models.assignments import Assignment, Side


class Guess(models.Model):
    """The guess about a rated pair of a compact and a large system.

    Attributes:
        side: The summary taken for the large model's; empty if the annotator had no idea.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="guess")
    side = models.CharField(max_length=1, choices=Side.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "guesses"
        constraints = [models.CheckConstraint(condition=Q(side__in=["a", "b", ""]), name="guess_side_known")]

    def __str__(self) -> str:
        return f"Guess about assignment {self.assignment_id}"
