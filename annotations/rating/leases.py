"""Leases: an annotator's place in a comparison is renewed while the page is open, and given back when it is not."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotations.counts.pair_tallies import counting
from annotations.models import Annotator, Assignment, Comparison, Study
from annotations.studies.languages import readable_codes

LEASED = Assignment.State.LEASED


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.ASSIGNMENT_LEASE_SECONDS)


def renew(annotator: Annotator, *, now: datetime | None = None) -> int:
    """Renew the leases of all that the annotator holds; return how many places."""
    now = now or timezone.now()
    return annotator.assignments.filter(state=LEASED).update(lease_until=lease_end(now))


def return_expired(study: Study, *, now: datetime | None = None) -> int:
    """Return places whose lease ran out to the pool, and how many; votes given on them are kept."""
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
    """Return a held place to the pool; False if it was not held.

    Args:
        state: What becomes of the assignment.
        lapsed_before: Return the place only if its lease ran out by then.
    """
    # Lock the comparison first, as taking does. It may be gone, and the place with it.
    Comparison.objects.select_for_update().filter(pk=comparison_id).first()
    held = Assignment.objects.filter(pk=assignment_id, state=LEASED)
    if lapsed_before is not None:
        held = held.filter(lease_until__lt=lapsed_before)
    # Answers to a pair that was answered in part no longer count.
    with counting(assignment_id):
        if not held.update(state=state, slot=None, lease_until=None):
            return False
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
    return True


def keep_readable(annotator: Annotator, held: list[Assignment]) -> list[Assignment]:
    """Return those in a language that the annotator reads, and the places of the others to the pool."""
    codes = readable_codes(annotator)
    if codes is None or not held:
        return held
    mine = annotator.assignments.filter(pk__in=[assignment.pk for assignment in held])
    unread = set(mine.exclude(comparison__document__language__in=codes).values_list("pk", flat=True))
    for assignment in held:
        if assignment.pk in unread:
            give_back(assignment.pk, assignment.comparison_id)
    return [assignment for assignment in held if assignment.pk not in unread]


def leave(annotator: Annotator, *, now: datetime | None = None) -> None:
    """Let the annotator give up the rest of their work; the places that they hold return to the pool."""
    annotator.left_at = now or timezone.now()
    annotator.save(update_fields=["left_at"])
    held = annotator.assignments.filter(state=LEASED).values_list("pk", "comparison_id")
    for pk, comparison_id in list(held):
        give_back(pk, comparison_id)


def come_back(annotator: Annotator) -> None:
    """Let an annotator who had left continue, unless they have seen results since.

    As a new annotator they would be given pairs they have rated.
    """
    if annotator.left_at is None:
        return
    # In one statement with its condition: another request may be showing them results now.
    if Annotator.objects.filter(pk=annotator.pk, saw_results_at=None).update(left_at=None):
        annotator.left_at = None
