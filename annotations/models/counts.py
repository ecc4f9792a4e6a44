"""What is counted as it happens, so that giving the next comparison reads no votes: by pair of systems, and by side."""

from django.db import models
from django.db.models import F, Q

from annotations.models.annotators import Annotator
from annotations.models.studies import Study
from models_runner.models import System


class PairTally(models.Model):
    """The votes on a study's first question between two systems, scored for system_1, which has the smaller id.

    Adaptive studies have one for each pair with votes; annotations/counts/pair_tallies.py keeps them.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="pair_tallies")
    system_1 = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    system_2 = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    votes = models.PositiveIntegerField(default=0)
    # Scores are 1, 0.5 or 0, so these are sums of quarters, which floating point adds exactly.
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


class SideLead(models.Model):
    """How much more often an annotator was shown a system left than right; counts/side_balance.py keeps it."""

    pk = models.CompositePrimaryKey("annotator", "system")
    # No index of its own: the key begins with it.
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="side_leads", db_index=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+", db_index=False)
    lead = models.IntegerField()

    def __str__(self) -> str:
        return f"Annotator {self.annotator_id}, system {self.system_id}: {self.lead:+}"
