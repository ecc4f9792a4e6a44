"""Who has nothing left to rate: their page thanks them, and shows the completion code (views_rating)."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from annotations.models import Annotator, Assignment, Comparison, Study

State = Assignment.State


def pairs_left(study: Study, annotators: Iterable[Annotator]) -> dict[int, int]:
    """By annotator of this study, but for those who rated elsewhere: pairs they hold, and those they could be given now
    while rating is open. Three statements, however many they are.
    """
    rating_here = [one.pk for one in annotators if not one.imported]
    free = _with_a_free_place(study, timezone.now())
    theirs = Assignment.objects.filter(annotator__in=rating_here)
    # A held pair is not yet had, and its place may be free again: counted once, as held.
    had_of_free = _numbers(theirs.filter(comparison__in=free.values("pk")).exclude(state=State.EXPIRED))
    held = _numbers(theirs.filter(state=State.LEASED))
    places = free.count()
    return {pk: places - had_of_free.get(pk, 0) + held.get(pk, 0) for pk in rating_here}


def _with_a_free_place(study: Study, now: datetime) -> QuerySet[Comparison]:
    """What the next annotator to ask could be given: a place whose lease ran out is returned then."""
    lapsed = Assignment.objects.filter(comparison__study=study, state=State.LEASED, lease_until__lt=now)
    free = Q(taken__lt=F("quota")) | Q(pk__in=lapsed.values("comparison"))
    return study.comparisons.for_rating().filter(free).order_by()


def _numbers(assignments: QuerySet[Assignment]) -> dict[int, int]:
    return dict(assignments.order_by().values_list("annotator").annotate(n=Count("pk")))
