"""Who has nothing left to rate: their page thanks them, and shows the completion code (views_rating)."""

from datetime import datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotations.models import Assignment, Comparison, Study

State = Assignment.State


def number_left(study: Study) -> CombinedExpression:
    """Of an annotator of this study: pairs they hold, and those they could be given now while rating is open.

    One statement, for the study's free places; the rest is part of the statement that asks for annotators.
    """
    free = _with_a_free_place(study, timezone.now())
    theirs = Assignment.objects.filter(annotator=OuterRef("pk"))
    # A held pair is not yet had, and its place may be free again: counted once, as held.
    had_of_free = theirs.filter(comparison__in=free.values("pk")).exclude(state=State.EXPIRED)
    held = theirs.filter(state=State.LEASED)
    return Value(free.count()) - _number(had_of_free) + _number(held)


def pairs_left(study: Study) -> dict[int, int]:
    """By annotator who rates here; two statements, however many they are."""
    rates_here = study.annotators.filter(imported=False).order_by()
    return dict(rates_here.annotate(pairs_left=number_left(study)).values_list("pk", "pairs_left"))


def _with_a_free_place(study: Study, now: datetime) -> QuerySet[Comparison]:
    """What the next annotator to ask could be given: a place whose lease ran out is returned then."""
    lapsed = Assignment.objects.filter(comparison__study=study, state=State.LEASED, lease_until__lt=now)
    return (
        study.comparisons.for_rating()
        .filter(Q(taken__lt=F("quota")) | Q(pk__in=lapsed.values("comparison")))
        .order_by()
    )


def _number(assignments: QuerySet[Assignment]) -> Coalesce:
    counted = assignments.order_by().values("annotator").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
