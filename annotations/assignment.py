"""Who gets what next: never the same comparison twice, never more annotators than the quota, leases included.

Document by document, so that a transcript is read once: first the annotator's own document, then the one that others
have progressed least in. Places are taken by a conditional UPDATE of the comparison's counter; the row count decides.
"""

import random
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.models import Annotator, Assignment, Comparison, Side, Study

CANDIDATES = 20


def next_assignment(annotator: Annotator, *, now: datetime | None = None) -> Assignment | None:
    """What to rate now: the open assignment, its lease renewed, or a new one; None when there is no work left."""
    now = now or timezone.now()
    if annotator.study.status != Study.Status.OPEN or annotator.left_at is not None:
        return None
    while True:
        if held := _renew_held(annotator, now):
            return held
        if assignment := _take_one(annotator, now):
            return assignment
        if not (return_expired(annotator.study, now=now) or available_to(annotator).exists()):
            return None


def has_work(annotator: Annotator) -> bool:
    """True while a comparison is open, or could be given (a lease of somebody else may still run out)."""
    study = annotator.study
    if annotator.left_at is not None or study.status in (Study.Status.CLOSED, Study.Status.DRAFT):
        return False
    if annotator.assignments.filter(state=Assignment.State.LEASED).exists():
        return True
    not_done = ~Exists(annotator.assignments.filter(comparison=OuterRef("pk"), state=Assignment.State.DONE))
    leased = Assignment.objects.filter(comparison=OuterRef("pk"), state=Assignment.State.LEASED)
    return study.comparisons.filter(not_done, Q(taken__lt=F("quota")) | Exists(leased)).exists()


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.ASSIGNMENT_LEASE_SECONDS)


def _renew_held(annotator: Annotator, now: datetime) -> Assignment | None:
    held = annotator.assignments.filter(state=Assignment.State.LEASED).order_by("created_at", "pk")
    for assignment in held:
        still = Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.LEASED)
        if still.update(lease_until=_lease_end(now)):
            return assignment
    return None


def available_to(annotator: Annotator) -> QuerySet[Comparison]:
    """Comparisons with a free place that this annotator neither rated nor holds."""
    had = annotator.assignments.filter(
        comparison=OuterRef("pk"), state__in=[Assignment.State.LEASED, Assignment.State.DONE]
    )
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
    """Hold a place of this comparison for the annotator, or None if others took the last one."""
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
            "shown_left": _shown_left(comparison_id),
            "lease_until": _lease_end(now),
        },
    )
    if created:
        return assignment
    if assignment.state != Assignment.State.EXPIRED:
        # Another request of the same annotator was faster; give the place back.
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
        return None
    assignment.state, assignment.slot, assignment.lease_until = Assignment.State.LEASED, slot, _lease_end(now)
    assignment.save(update_fields=["state", "slot", "lease_until"])
    return assignment


def _shown_left(comparison_id: int) -> str:
    """The side this comparison was shown less often on the left; a coin decides equals."""
    shown = Assignment.objects.filter(comparison_id=comparison_id).order_by()
    counts = {Side.A: 0, Side.B: 0} | dict(shown.values_list("shown_left").annotate(n=Count("pk")))
    if counts[Side.A] == counts[Side.B]:
        return random.SystemRandom().choice([Side.A, Side.B])
    return min(counts, key=counts.__getitem__)


def return_expired(study: Study, *, now: datetime | None = None) -> int:
    """Give places whose lease ran out back to the pool; returns how many. Their votes, if any, stay."""
    now = now or timezone.now()
    expired = Assignment.objects.filter(
        comparison__study=study, state=Assignment.State.LEASED, lease_until__lt=now
    ).values_list("pk", "comparison_id")
    return sum(_give_back(pk, comparison_id, now) for pk, comparison_id in list(expired))


@transaction.atomic
def _give_back(assignment_id: int, comparison_id: int, now: datetime) -> int:
    # Locked in the same order as taking: comparison first.
    Comparison.objects.select_for_update().get(pk=comparison_id)
    lapsed = Assignment.objects.filter(pk=assignment_id, state=Assignment.State.LEASED, lease_until__lt=now)
    if not lapsed.update(state=Assignment.State.EXPIRED, slot=None, lease_until=None):
        return 0
    Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
    return 1


def leave(annotator: Annotator, *, now: datetime | None = None) -> None:
    """The annotator gives up the rest of their work; places they hold return to the pool."""
    annotator.left_at = now or timezone.now()
    annotator.save(update_fields=["left_at"])
    held = annotator.assignments.filter(state=Assignment.State.LEASED).values_list("pk", "comparison_id")
    for pk, comparison_id in list(held):
        _give_back(pk, comparison_id, datetime.max.replace(tzinfo=UTC))
