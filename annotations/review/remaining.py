"""How many pairs each annotator has left; who has none left is thanked and shown the completion code."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from annotations.models import Annotator, Assignment, Comparison, Study
from annotations.studies.languages import readable_codes

State = Assignment.State


def pairs_left(study: Study, annotators: Iterable[Annotator]) -> dict[int, int]:
    """Count by annotator the pairs they hold and those they could be given while rating is open, in three queries.

    Each one who does not read everything takes three more. Annotators who rated elsewhere are left out.
    """
    rating_here = [annotator for annotator in annotators if not annotator.imported]
    free = _pairs_with_a_free_place(study, timezone.now())
    choosy = [annotator for annotator in rating_here if annotator.reads]
    left = _left(free, [annotator.pk for annotator in rating_here if not annotator.reads])
    for annotator in choosy:
        annotator.study = study
        codes = readable_codes(annotator)
        readable = free if codes is None else free.filter(document__language__in=codes)
        left |= _left(readable, [annotator.pk])
    return left


def _left(free: QuerySet[Comparison], annotators: list[int]) -> dict[int, int]:
    if not annotators:
        return {}
    theirs = Assignment.objects.filter(annotator__in=annotators)
    # A held pair may be among the free ones as well, if its lease ran out: count it once, as held.
    had_of_free = _count_by_annotator(theirs.filter(comparison__in=free.values("pk")).exclude(state=State.EXPIRED))
    held = _count_by_annotator(theirs.filter(state=State.LEASED))
    free_pairs = free.count()
    return {pk: free_pairs - had_of_free.get(pk, 0) + held.get(pk, 0) for pk in annotators}


def _pairs_with_a_free_place(study: Study, now: datetime) -> QuerySet[Comparison]:
    """Select the pairs the next annotator could be given; an expired lease is returned when somebody asks."""
    lapsed = Assignment.objects.filter(comparison__study=study, state=State.LEASED, lease_until__lt=now)
    free = Q(taken__lt=F("quota")) | Q(pk__in=lapsed.values("comparison"))
    return study.comparisons.for_rating().filter(free).order_by()


def _count_by_annotator(assignments: QuerySet[Assignment]) -> dict[int, int]:
    return dict(assignments.order_by().values_list("annotator").annotate(n=Count("pk")))
