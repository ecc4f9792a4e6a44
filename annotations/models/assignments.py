"""Assignments: a comparison given to one annotator, with the side shown left and a lease."""

import uuid

from django.db import models
from django.db.models import Q

from annotations.models.annotators import Annotator, included
from annotations.models.comparisons import Comparison, Purpose


class Side(models.TextChoices):
    A = "a", "Summary a"
    B = "b", "Summary b"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def held(self) -> "AssignmentQuerySet":
        """Those that hold a place of their comparison: being rated or rated, neither given back nor skipped."""
        return self.filter(slot__isnull=False)

    def by_included(self) -> "AssignmentQuerySet":
        """Those of annotators whose votes count."""
        return self.filter(included("annotator__"))

    def for_rating(self) -> "AssignmentQuerySet":
        """Those of comparisons that count: neither gold nor training nor repeated."""
        return self.filter(comparison__purpose=Purpose.RATING)

    def had(self) -> "AssignmentQuerySet":
        """Those whose comparison their annotator is not given again: held, rated or skipped, but not lapsed."""
        return self.exclude(state=Assignment.State.EXPIRED)


class Assignment(models.Model):
    """One row for each comparison and annotator. After a lapsed lease the annotator gets the same row again."""

    class State(models.TextChoices):
        LEASED = "leased", "Being rated"
        DONE = "done", "Rated"
        EXPIRED = "expired", "Given back"
        SKIPPED = "skipped", "Skipped"

    # No indexes of their own: a constraint and an index below begin with them, and every vote writes all indexes.
    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    # Identifies the assignment on the annotator's pages.
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEASED)
    # Which of the comparison's places this annotator holds, 0 to quota - 1; none once given back.
    slot = models.PositiveIntegerField(null=True, blank=True)
    shown_left = models.CharField(
        max_length=1, choices=Side.choices, blank=True, help_text="Empty: rated elsewhere, and nobody wrote it down."
    )
    # In adaptive studies: the chance with which this comparison was drawn, given document and annotator, and from how
    # many of the document's comparisons (docs/rater-statistics.md). None where nothing was drawn.
    probability = models.FloatField(null=True, blank=True)
    drawn_from = models.PositiveIntegerField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    # Not stored: True if more than annotations.rating.assignment.MOST_COUNTED comparisons were left when it was given.
    many_left = False
    # Not stored: True if it was fetched ahead while the pair before it was still to be rated (assignment.prefetch).
    follows_open = False

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "annotator"], name="assignment_never_twice"),
            models.UniqueConstraint(
                fields=["comparison", "slot"], condition=Q(slot__isnull=False), name="assignment_slot_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["leased", "done"], slot__isnull=False)
                | Q(state__in=["expired", "skipped"], slot__isnull=True),
                name="assignment_slot_iff_held",
            ),
            models.CheckConstraint(
                condition=~Q(state="leased") | Q(lease_until__isnull=False), name="assignment_leased_has_lease"
            ),
            models.CheckConstraint(
                condition=Q(shown_left__in=["a", "b"]) | Q(shown_left="", state="done"), name="assignment_side_known"
            ),
            models.CheckConstraint(
                condition=Q(probability=None, drawn_from=None)
                | Q(probability__gt=0, probability__lte=1, probability__isnull=False, drawn_from__gte=1)
                & Q(drawn_from__isnull=False),
                name="assignment_probability_fits",
            ),
        ]
        indexes = [
            # Includes the comparison: what an annotator had is asked for every pair, and so read from the index alone.
            models.Index(fields=["annotator", "state", "comparison"], name="assignment_had"),
            models.Index(fields=["annotator", "created_at", "id"], name="assignment_newest"),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="assignment_leases"),
        ]

    def __str__(self) -> str:
        return f"Assignment {self.pk}"

    @property
    def shown_right(self) -> str:
        return Side.B if self.shown_left == Side.A else Side.A
