"""Looks that were taken: what a planned look at a study found, as it was found."""

from django.db import models
from django.db.models import Q

from annotations.models import Study


class TakenLook(models.Model):
    """One planned look, which never changes once it is taken (a trigger), whatever becomes of the votes.

    Attributes:
        number: 1 for the first.
        votes: Of how many it is: the first between the two systems, as many as were planned or were there by the date.
        planned_at: The date it was planned for; None where it was planned at a number of votes.
        last_vote_at: When the last of its votes was given; None without votes, and where it was not written down yet.
        information: Its votes in parts of the planned number.
        level: One-sided level that is used up with it. Both None where they were not written down yet.
        boundary: Standard errors that a claim would take, were the errors known (stats.decisions.looks); None where
            nothing was looked at, and the reason says why (stats.decisions.dated).
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
    planned_at = models.DateTimeField(null=True, blank=True)
    last_vote_at = models.DateTimeField(null=True, blank=True)
    information = models.FloatField(null=True, blank=True)
    level = models.FloatField(null=True, blank=True)
    boundary = models.FloatField(null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(number__gte=1) & (Q(votes__gte=1) | Q(planned_at__isnull=False)), name="look_is_of_votes"
            ),
            # Only at a date may there be nothing to look at, and then nothing is claimed.
            models.CheckConstraint(
                condition=Q(boundary__isnull=False) | (Q(planned_at__isnull=False) & ~Q(reason="")),
                name="look_has_its_boundary",
            ),
            models.CheckConstraint(
                condition=(Q(information=None) | Q(information__gte=0))
                & (Q(level=None) | Q(level__gte=0, level__lt=1)),
                name="look_spends_a_level",
            ),
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
