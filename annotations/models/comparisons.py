"""Pairs of summaries of one document, what each is for, and how many annotators have it."""

from django.db import models
from django.db.models import F, Q

from annotations.models.studies import Study
from models_runner.models import Document, Query, Summary


class Purpose(models.TextChoices):
    """What a comparison is for. Only rating pairs count on boards, in exports and as progress."""

    RATING = "rating", "Rating"
    GOLD = "gold", "Gold"
    TRAINING = "training", "Training"
    REPEAT = "repeat", "Repeated"


# The quota of gold and training pairs, which every annotator gets. It lets the same constraints hold for all pairs:
# nobody gets a pair twice, and no place lies beyond the quota.
EVERYBODY = 1_000_000_000
# Pairs that somebody is given before one of theirs may come again, gold and other repeated ones among them.
REPEAT_AFTER = 8


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def wanting(self) -> "ComparisonQuerySet":
        """Comparisons with a free place: fewer annotators, leases included, than their quota."""
        return self.filter(taken__lt=F("quota"))

    def for_rating(self) -> "ComparisonQuerySet":
        """Comparisons that count: neither gold nor training nor repeated."""
        return self.filter(purpose=Purpose.RATING)


class Comparison(models.Model):
    """Two summaries of one document, or of one query on it, in canonical order: a has the smaller id.

    An attention check, which is gold or training, has one summary of another document. A repeated pair has the texts of
    a rating pair, and is given to some of those who rated that one; one row for all of them.
    """

    # No index of its own: comparison_wanting finds those with a free place, comparison_once_per_study the rest.
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="comparisons", db_index=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="comparisons")
    query = models.ForeignKey(Query, on_delete=models.PROTECT, null=True, blank=True, related_name="comparisons")
    summary_a = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="comparisons_as_a")
    summary_b = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="comparisons_as_b")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.RATING)
    # True of repeated pairs alone, so that the index of a constraint below leads from a pair to its repeat.
    repeat = models.BooleanField(default=False)
    # A fixed random number: orders the pairs of a document by no rule that an annotator could notice.
    shuffle = models.PositiveIntegerField()
    # A fixed random number, the same for all pairs of a document: in this order documents get their votes, so that
    # those with votes are a random sample of all at any time.
    place = models.PositiveIntegerField(default=0, db_default=0)
    quota = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0, help_text="Annotators who rated it or hold it now.")
    imported = models.PositiveIntegerField(default=0, help_text="Places of judges who rated elsewhere, on top.")
    # Of a directed study, whether it was drawn or not; one that was not has no place of its own.
    chance = models.FloatField(
        null=True, blank=True, help_text="Of each of the pairs that are asked to be this one; never 0."
    )

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["study", "document", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(summary_a__lt=F("summary_b")), name="comparison_canonical_order"),
            models.UniqueConstraint(
                fields=["study", "summary_a", "summary_b", "repeat"], name="comparison_once_per_study"
            ),
            models.CheckConstraint(
                condition=Q(purpose="repeat", repeat=True) | ~Q(purpose="repeat") & Q(repeat=False),
                name="comparison_repeat_fits_purpose",
            ),
            models.CheckConstraint(condition=Q(taken__lte=F("quota")), name="comparison_within_quota"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="comparison_taken_not_negative"),
            models.CheckConstraint(
                condition=Q(chance=None) | Q(chance__gt=0, chance__lte=1), name="comparison_chance_is_one"
            ),
            models.CheckConstraint(condition=Q(imported__lte=F("taken")), name="comparison_imported_are_taken"),
            models.CheckConstraint(
                condition=Q(purpose="rating", quota__lt=EVERYBODY)
                | Q(purpose__in=["gold", "training", "repeat"], quota=EVERYBODY),
                name="comparison_quota_fits_purpose",
            ),
        ]
        indexes = [
            models.Index(fields=["study"], condition=~Q(purpose="rating"), name="comparison_known"),
            models.Index(
                fields=["study", "place", "document", "shuffle"],
                condition=Q(taken__lt=F("quota")),
                name="comparison_wanting",
            ),
        ]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"
