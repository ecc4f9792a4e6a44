"""Places that are held for a while: renewed while the page is open, given back when it is not."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotations.counts.pair_tallies import counting
from annotations.models import Annotator, Assignment, Comparison, Study

LEASED = Assignment.State.LEASED


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.ASSIGNMENT_LEASE_SECONDS)


def renew(annotator: Annotator, *, now: datetime | None = None) -> int:
    """Keep everything the annotator holds for another lease; returns how many places."""
    now = now or timezone.now()
    return annotator.assignments.filter(state=LEASED).update(lease_until=lease_end(now))


def return_expired(study: Study, *, now: datetime | None = None) -> int:
    """Give places whose lease ran out back to the pool; returns how many. Their votes, if any, stay."""
    now = now or timezone.now()
    expired = Assignment.objects.filter(comparison__study=study, state=LEASED, lease_until__lt=now)
    return sum(
        give_back(pk, comparison_id, lapsed_before=now)
        for pk, comparison_id in list(expired.values_list("pk", "comparison_id"))
    )


@transaction.atomic
def give_back(
    assignment_id: int,
    comparison_id: int,
    *,
    state: str = Assignment.State.EXPIRED,
    lapsed_before: datetime | None = None,
) -> bool:
    """Return a held place to the pool; False if it was not held. lapsed_before: only if its lease ran out by then."""
    # Locked in the same order as taking: comparison first. It may be gone, and the place with it.
    Comparison.objects.select_for_update().filter(pk=comparison_id).first()
    held = Assignment.objects.filter(pk=assignment_id, state=LEASED)
    if lapsed_before is not None:
        held = held.filter(lease_until__lt=lapsed_before)
    # Answers of a pair that was answered in part count no longer.
    with counting(assignment_id):
        if not held.update(state=state, slot=None, lease_until=None):
            return False
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
    return True


def leave(annotator: Annotator, *, now: datetime | None = None) -> None:
    """The annotator gives up the rest of their work; places they hold return to the pool."""
    annotator.left_at = now or timezone.now()
    annotator.save(update_fields=["left_at"])
    held = annotator.assignments.filter(state=LEASED).values_list("pk", "comparison_id")
    for pk, comparison_id in list(held):
        give_back(pk, comparison_id)


def come_back(annotator: Annotator) -> None:
    """Who had left goes on as the same annotator: a new one would be given pairs this person has rated already."""
    if annotator.left_at is not None:
        annotator.left_at = None
        annotator.save(update_fields=["left_at"])
