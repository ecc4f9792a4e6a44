"""Marks that a careful reader makes on a control item; annotators are held against them."""

from django.db import models
from django.db.models import F, Q

from annotations.models import ControlItem
from marks.models.kinds import MarkKind
from models_runner.models import Summary


class ExpectedMark(models.Model):
    """One of them: characters of the stored summary, or nothing but the whole of it. Rows never change."""

    item = models.ForeignKey(ControlItem, on_delete=models.CASCADE, related_name="expected_marks")
    summary = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="expected_marks")
    kind = models.ForeignKey(MarkKind, on_delete=models.RESTRICT, related_name="expected_marks")
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "summary", "kind", "start", "end"],
                condition=Q(start__isnull=False),
                name="expected_mark_on_words_once",
            ),
            models.UniqueConstraint(
                fields=["item", "summary", "kind"], condition=Q(start=None), name="expected_mark_on_whole_once"
            ),
            models.CheckConstraint(
                condition=Q(start=None, end=None, text="")
                | (Q(start__isnull=False, end__isnull=False, start__lt=F("end")) & ~Q(text="")),
                name="expected_mark_on_words_or_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Expected mark {self.pk}"
