"""Who gets what next: never the same comparison twice, never more annotators than the quota, leases included.

Document by document, so that a transcript is read once: first the annotator's own document, then the one that others
have progressed least in. Places are taken by a conditional UPDATE of the comparison's counter; the row count decides.
"""

import random
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.leases import lease_end, return_expired
from annotations.models import Annotator, Assignment, Comparison, Study
from annotations.sides import shown_left

CANDIDATES = 20
GIVEN_BACK = (Assignment.State.EXPIRED, Assignment.State.SKIPPED)


def next_assignment(annotator: Annotator, *, now: datetime | None = None) -> Assignment | None:
    """What to rate now: the open assignment, its lease renewed, or a new one; None when there is no work left."""
    now = now or timezone.now()
    if not annotator.study.takes_votes(now) or annotator.left_at is not None:
        return None
    return _renew_held(annotator, now) or _take_any(annotator, now)


def prefetch(annotator: Annotator, shown: UUID, *, now: datetime | None = None) -> Assignment | None:
    """What will come after the assignment with this token, leased ahead so that nobody waits for it.

    None also where too few places are free: somebody without any pair needs them more.
    """
    now = now or timezone.now()
    if not annotator.study.takes_votes(now) or annotator.left_at is not None:
        return None
    if held := _renew_held(annotator, now, but=shown):
        return held
    return _take_any(annotator, now) if _plenty_left(annotator.study) else None


def _plenty_left(study: Study) -> bool:
    """More comparisons with a free place than pairs that people hold now."""
    held = Assignment.objects.filter(comparison__study=study, state=Assignment.State.LEASED).count()
    return len(study.comparisons.wanting().order_by().values_list("pk")[: held + 1]) > held


def _take_any(annotator: Annotator, now: datetime) -> Assignment | None:
    while True:
        if assignment := _take_one(annotator, now):
            return assignment
        if not (return_expired(annotator.study, now=now) or available_to(annotator).exists()):
            return None


def has_work(annotator: Annotator) -> bool:
    """True while a comparison is open, or could be given (a lease of somebody else may still run out)."""
    study = annotator.study
    if annotator.left_at is not None or study.status == Study.Status.DRAFT or study.is_over(timezone.now()):
        return False
    if annotator.assignments.filter(state=Assignment.State.LEASED).exists():
        return True
    had = annotator.assignments.exclude(state=Assignment.State.EXPIRED)
    not_had = ~Exists(had.filter(comparison=OuterRef("pk")))
    leased = Assignment.objects.filter(comparison=OuterRef("pk"), state=Assignment.State.LEASED)
    return study.comparisons.filter(not_had, Q(taken__lt=F("quota")) | Exists(leased)).exists()


def _renew_held(annotator: Annotator, now: datetime, *, but: UUID | None = None) -> Assignment | None:
    held = annotator.assignments.filter(state=Assignment.State.LEASED).order_by("created_at", "pk")
    for assignment in held.exclude(token=but) if but else held:
        still = Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.LEASED)
        if still.update(lease_until=lease_end(now)):
            return assignment
    return None


def available_to(annotator: Annotator) -> QuerySet[Comparison]:
    """Comparisons with a free place that this annotator neither rated nor skipped nor holds."""
    had = annotator.assignments.exclude(state=Assignment.State.EXPIRED).filter(comparison=OuterRef("pk"))
    return annotator.study.comparisons.wanting().filter(~Exists(had))


def _take_one(annotator: Annotator, now: datetime) -> Assignment | None:
    for comparison_id in _candidates(annotator):
        if assignment := take(annotator, comparison_id, now):
            return assignment
    return None


def _candidates(annotator: Annotator) -> list[int]:
    """Comparisons to try, best first: of the document last read, then of documents in this annotator's own order."""
    available = available_to(annotator)
    newest_first = annotator.assignments.order_by("-created_at", "-pk")
    last = newest_first.values_list("comparison__document_id", flat=True).first()
    if last is not None and (same := _of_document(available, last)):
        return same
    document = _least_rated_document(annotator, available)
    return [] if document is None else _of_document(available, document)


def _of_document(comparisons: QuerySet[Comparison], document_id: int) -> list[int]:
    rows = comparisons.filter(document_id=document_id).order_by("shuffle", "pk")
    return list(rows.values_list("pk", flat=True)[:CANDIDATES])


def _least_rated_document(annotator: Annotator, available: QuerySet[Comparison]) -> int | None:
    """The document whose open comparisons have the fewest annotators; equals in an order of the annotator's own."""
    taken = dict(available.order_by().values_list("document_id").annotate(taken=Avg("taken")))
    shuffled = sorted(taken)
    random.Random(f"{annotator.study.seed}:{annotator.pk}").shuffle(shuffled)  # noqa: S311  (spreads people, no secret)
    return min(shuffled, key=taken.__getitem__, default=None)


@transaction.atomic
def take(annotator: Annotator, comparison_id: int, now: datetime) -> Assignment | None:
    """Hold a place of this comparison for the annotator, or None if others took the last one.

    Somebody who had it before gets the same assignment with the same sides: their page may still show it.
    """
    if not Comparison.objects.filter(pk=comparison_id).wanting().update(taken=F("taken") + 1):
        return None
    # The update locked the comparison's row: until the commit nobody else takes or returns a place of it.
    used = set(
        Assignment.objects.filter(comparison_id=comparison_id, slot__isnull=False).values_list("slot", flat=True)
    )
    slot = next(number for number in range(len(used) + 1) if number not in used)
    assignment, created = Assignment.objects.get_or_create(
        comparison_id=comparison_id,
        annotator=annotator,
        defaults={
            "slot": slot,
            "shown_left": shown_left(comparison_id, annotator),
            "lease_until": lease_end(now),
        },
    )
    if created:
        return assignment
    if assignment.state not in GIVEN_BACK:
        # Another request of the same annotator was faster; give the place back.
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
        return None
    assignment.state, assignment.slot, assignment.lease_until = Assignment.State.LEASED, slot, lease_end(now)
    assignment.save(update_fields=["state", "slot", "lease_until"])
    return assignment
