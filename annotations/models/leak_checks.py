"""Summaries looked through for names of models and makers that the meeting itself did not say."""

from django.db import models
from django.db.models import Q

from annotations.models.studies import Study
from models_runner.models import Summary


class GiveawayCheck(models.Model):
    """One row per study and summary: a study's own systems are among the names looked for. flags: [] where none is."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="giveaway_checks")
    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="giveaway_checks")
    # [{"start": 10, "end": 17, "term": "ChatGPT"}, ...]
    flags = models.JSONField(default=list)
    flagged = models.BooleanField()
    checked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "summary"]
        constraints = [
            models.UniqueConstraint(fields=["study", "summary"], name="giveaway_check_once"),
            models.CheckConstraint(
                condition=Q(flagged=True) & ~Q(flags=[]) | Q(flagged=False, flags=[]), name="giveaway_flagged_iff_flags"
            ),
        ]
        indexes = [models.Index(fields=["study"], condition=Q(flagged=True), name="giveaway_flagged")]

    def __str__(self) -> str:
        return f"Giveaways of summary {self.summary_id}"
