"""Looks that were taken: what a planned look at a study found, as it was found."""

from django.db import models
from django.db.models import Q

from annotations.models import Study


class TakenLook(models.Model):
    """One planned look, which never changes once it is taken (a trigger), whatever becomes of the votes.

    Attributes:
        number: 1 for the first.
        votes: At how many it was planned, and so of how many it is: the first between the two systems.
        boundary: Standard errors that a claim would take, were the errors known (stats.decisions.looks).
        distance, needed, difference, lower, upper, error, freedom, claim, reason: See stats.decisions.look.LookResult.
    """

    class Claim(models.TextChoices):
        GOOD_ENOUGH = "good_enough", "Good enough"
        NOT_GOOD_ENOUGH = "not_good_enough", "Not good enough"
        BETTER = "better", "The small system is better"
        WORSE = "worse", "The large system is better"
        OPEN = "open", "Open"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="taken_looks")
    number = models.PositiveIntegerField()
    votes = models.PositiveIntegerField()
    documents = models.PositiveIntegerField()
    annotators = models.PositiveIntegerField()
    margin = models.FloatField(null=True, blank=True)
    boundary = models.FloatField()
    distance = models.FloatField(null=True, blank=True)
    needed = models.FloatField(null=True, blank=True)
    difference = models.FloatField(null=True, blank=True)
    lower = models.FloatField(null=True, blank=True)
    upper = models.FloatField(null=True, blank=True)
    error = models.FloatField(null=True, blank=True)
    freedom = models.FloatField(null=True, blank=True)
    claim = models.CharField(max_length=20, choices=Claim.choices)
    reason = models.TextField(blank=True)
    code_version = models.CharField(max_length=50)
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="look_taken_once"),
            models.CheckConstraint(condition=Q(number__gte=1, votes__gte=1), name="look_is_of_votes"),
            models.CheckConstraint(
                condition=Q(claim__in=["good_enough", "not_good_enough", "better", "worse", "open"]),
                name="look_claim_known",
            ),
            # A claim rests on numbers; without them stands the reason.
            models.CheckConstraint(
                condition=Q(reason="", distance__isnull=False, needed__isnull=False)
                | (~Q(reason="") & Q(claim="open")),
                name="look_claim_has_numbers",
            ),
        ]

    def __str__(self) -> str:
        return f"look {self.number} at study {self.study_id}"

    @property
    def may_stop(self) -> bool:
        return self.claim != self.Claim.OPEN
