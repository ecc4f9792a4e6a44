"""What is known of each pair of systems, added up, so that drawing the next comparison reads no votes."""

from django.db import models
from django.db.models import F, Q

from annotations.models.studies import Study
from models_runner.models import System


class PairTally(models.Model):
    """The votes on the study's first question between two systems, seen from system_1, which has the smaller id.

    Only of adaptive studies, for each pair of their systems; annotations/counts/pair_tallies.py keeps them.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="pair_tallies")
    system_1 = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    system_2 = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    votes = models.PositiveIntegerField(default=0)
    # Of scores 1, a half and 0: sums of quarters, which floating point adds without any error.
    score_sum = models.FloatField(default=0)
    score_squares = models.FloatField(default=0)

    class Meta:
        db_table = "annotations_paircount"
        ordering = ["study", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "system_1", "system_2"], name="pair_count_once"),
            models.CheckConstraint(condition=Q(system_1__lt=F("system_2")), name="pair_count_in_order"),
            models.CheckConstraint(
                condition=Q(
                    score_squares__gte=0, score_squares__lte=F("score_sum"), score_sum__lte=F("votes"), votes__gte=0
                ),
                name="pair_count_sums_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"Votes on systems {self.system_1_id} and {self.system_2_id}"
