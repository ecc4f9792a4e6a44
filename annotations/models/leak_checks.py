"""Checks of summaries for names of models and makers that the meeting itself does not mention."""

from django.db import models
from django.db.models import Q

from annotations.models.studies import Study
from models_runner.models import Summary


class GiveawayCheck(models.Model):
    """The check of one summary in one study, whose systems are among the names looked for.

    Attributes:
        flags: Where a name was found: [{"start": 10, "end": 17, "term": "ChatGPT"}, ...].
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="giveaway_checks")
    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="giveaway_checks")
    flags = models.JSONField(default=list)
    flagged = models.BooleanField()
    searched_for = models.CharField(max_length=16, blank=True, default="", help_text="Key of the list of names.")

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
