"""Who gets what next: never the same comparison twice, never more annotators than the quota, leases included.

Document by document, so that a transcript is read once: first the annotator's own document, then the one that others
have progressed least in. Places are taken by a conditional UPDATE of the comparison's counter; the row count decides.
"""

import random
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.counts.pair_tallies import counting
from annotations.counts.side_balance import JOIN_SYSTEMS_AND_LEAD, SYSTEMS_AND_LEAD, count, shown_left
from annotations.models import Annotator, Assignment, Comparison, Sampling, Side, Study
from annotations.rating import gold_schedule
from annotations.rating.leases import lease_end, return_expired
from annotations.rating.sampling import CANDIDATES, Candidate, candidates
from lib.sql import Columns, change, fetch, insert

MOST_COUNTED = 200  # comparisons that an annotator has left
LOOKED_AT = MOST_COUNTED + 2
GIVEN_BACK = (Assignment.State.EXPIRED, Assignment.State.SKIPPED)

ASSIGNMENT = Columns(Assignment, "assignment")
# What the annotator holds, oldest first, and with it the document they were given last; in any case one row.
HELD = f"""SELECT {ASSIGNMENT.sql}, last.document_id FROM (
    SELECT (
        SELECT given.document_id FROM annotations_assignment newest
        JOIN annotations_comparison given ON given.id = newest.comparison_id
        WHERE newest.annotator_id = %s ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1
    ) AS document_id
) last LEFT JOIN annotations_assignment assignment ON assignment.annotator_id = %s AND assignment.state = 'leased'
ORDER BY assignment.created_at, assignment.id"""  # noqa: S608  (no values)
RENEW = "UPDATE annotations_assignment SET lease_until = %s WHERE id = %s AND state = 'leased'"
# What available_to says; needs the study and the annotator. NOT IN reads what the annotator had once, however the
# database guesses at its number.
AVAILABLE = """annotations_comparison comparison
WHERE comparison.study_id = %s AND comparison.purpose = 'rating' AND comparison.taken < comparison.quota
AND comparison.id NOT IN (
    SELECT had.comparison_id FROM annotations_assignment had WHERE had.annotator_id = %s AND had.state <> 'expired'
)"""
OPEN = f"SELECT comparison.id, comparison.document_id, comparison.taken FROM {AVAILABLE}"  # noqa: S608  (no values)
IN_ORDER = "ORDER BY comparison.document_id, comparison.shuffle, comparison.id LIMIT %s"
OPEN_FROM = f"{OPEN} AND comparison.document_id >= %s {IN_ORDER}"
OPEN_BEFORE = f"{OPEN} AND comparison.document_id < %s {IN_ORDER}"
TAKE = "UPDATE annotations_comparison SET taken = taken + 1 WHERE id = %s AND taken < quota"
# The comparison's systems and the annotator's lead of a's, and with it every assignment of it, if there is any.
PLACES = f"""SELECT {SYSTEMS_AND_LEAD}, place.id, place.annotator_id, place.state, place.slot, place.shown_left
FROM annotations_comparison comparison {JOIN_SYSTEMS_AND_LEAD}
LEFT JOIN annotations_assignment place ON place.comparison_id = comparison.id
WHERE comparison.id = %s"""  # noqa: S608  (no values)


class Open(NamedTuple):
    """A comparison with a free place."""

    pk: int
    document_id: int
    taken: int


class Pair(NamedTuple):
    """The systems of a comparison, and how the annotator who is to have it saw them so far."""

    system_a: int
    system_b: int
    lead_of_a: int


class Place(NamedTuple):
    """What an assignment of a comparison tells the next one."""

    pk: int
    annotator_id: int
    state: str
    slot: int | None
    shown_left: str


def next_assignment(annotator: Annotator, *, now: datetime | None = None) -> Assignment | None:
    """What to rate now: the open assignment, its lease renewed, or a new one; None when there is no work left."""
    now = now or timezone.now()
    if not annotator.study.takes_votes(now) or annotator.left_at is not None:
        return None
    held, last = _held(annotator)
    return _renew(held, now) or _take_any(annotator, last, now)


def prefetch(annotator: Annotator, shown: UUID, *, now: datetime | None = None) -> Assignment | None:
    """What will come after the assignment with this token, leased ahead so that nobody waits for it.

    None also where too few places are free: somebody without any pair needs them more.
    """
    now = now or timezone.now()
    if not annotator.study.takes_votes(now) or annotator.left_at is not None:
        return None
    held, last = _held(annotator)
    if ahead := _renew([one for one in held if one.token != shown], now):
        return ahead
    return _take_any(annotator, last, now) if _plenty_left(annotator.study) else None


def _plenty_left(study: Study) -> bool:
    """More comparisons with a free place than pairs that people hold now."""
    held = Assignment.objects.filter(comparison__study=study, state=Assignment.State.LEASED).count()
    return len(study.comparisons.for_rating().wanting().order_by().values_list("pk")[: held + 1]) > held


def _take_any(annotator: Annotator, last: int | None, now: datetime) -> Assignment | None:
    """last: the document they were given last."""
    while True:
        if assignment := _take_known(annotator, now) or _take_one(annotator, last, now):
            return assignment
        if not (return_expired(annotator.study, now=now) or available_to(annotator).exists()):
            return None


def _take_known(annotator: Annotator, now: datetime) -> Assignment | None:
    """A training or gold pair where it is its turn."""
    if not annotator.study.has_known_pairs:
        return None
    for comparison_id in gold_schedule.due(annotator, available_to(annotator)):
        if assignment := take(annotator, comparison_id, now):
            return assignment
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
    return study.comparisons.for_rating().filter(not_had, Q(taken__lt=F("quota")) | Exists(leased)).exists()


def _held(annotator: Annotator) -> tuple[list[Assignment], int | None]:
    """What the annotator holds, and the document they were given last."""
    rows = fetch(HELD, annotator.pk, annotator.pk)
    held = [ASSIGNMENT.instance(row) for row in rows if row[0] is not None]
    for assignment in held:
        assignment.annotator = annotator
    return held, rows[0][-1]


def _renew(held: list[Assignment], now: datetime) -> Assignment | None:
    """The first that is still held."""
    return next((one for one in held if change(RENEW, lease_end(now), one.pk)), None)


def available_to(annotator: Annotator) -> QuerySet[Comparison]:
    """Comparisons for rating with a free place that this annotator neither rated nor skipped nor holds."""
    had = annotator.assignments.exclude(state=Assignment.State.EXPIRED).filter(comparison=OuterRef("pk"))
    return annotator.study.comparisons.for_rating().wanting().filter(~Exists(had))


def _take_one(annotator: Annotator, last: int | None, now: datetime) -> Assignment | None:
    found = _some_open(annotator, last)
    for candidate in _candidates(annotator, found, last):
        if assignment := take(annotator, candidate.comparison_id, now, handed_out=candidate):
            assignment.many_left = len(found) > MOST_COUNTED + 1
            return assignment
    return None


def _candidates(annotator: Annotator, found: list[Open], last: int | None) -> list[Candidate]:
    """Comparisons to try, best first: of the document last read, then of the one that others progressed least in.

    Of a large study only a part is looked at, so that the time does not grow with it.
    """
    by_document: dict[int, list[Open]] = {}
    for comparison in found:
        by_document.setdefault(comparison.document_id, []).append(comparison)
    if not by_document:
        return []
    document = last if last in by_document else _least_rated(by_document, annotator)
    if annotator.study.sampling == Sampling.ADAPTIVE:
        return candidates(annotator.study, available_to(annotator).filter(document=document))
    # A document's comparisons come in the study's fixed order.
    return [Candidate(comparison.pk) for comparison in by_document[document][:CANDIDATES]]


def _least_rated(by_document: dict[int, list[Open]], annotator: Annotator) -> int:
    """The document whose open comparisons have the fewest annotators; of equals a chance of the annotator's own."""
    averages = {document: sum([one.taken for one in open_]) / len(open_) for document, open_ in by_document.items()}
    least = min(averages.values())
    return _own(annotator).choice([document for document, average in averages.items() if average == least])


def _own(annotator: Annotator) -> random.Random:
    """Spreads people over documents, the same person always in the same way."""
    return random.Random(f"{annotator.study.seed}:{annotator.pk}")  # noqa: S311  (no secret)


def _some_open(annotator: Annotator, last: int | None) -> list[Open]:
    """Up to LOOKED_AT in the order of documents, from the last read one on, else from any; after the end, the first."""
    start = _any_document(annotator) if last is None else last
    if start is None:
        return []
    of = (annotator.study_id, annotator.pk, start)
    found = fetch(OPEN_FROM, *of, LOOKED_AT)
    if len(found) < LOOKED_AT and not (found and found[0][1] == last):
        found += fetch(OPEN_BEFORE, *of, LOOKED_AT - len(found))
    return list(map(Open._make, found))


def _any_document(annotator: Annotator) -> int | None:
    ends = annotator.study.comparisons.wanting().order_by().aggregate(first=Min("document_id"), last=Max("document_id"))
    return None if ends["first"] is None else _own(annotator).randint(ends["first"], ends["last"])


@transaction.atomic
def take(
    annotator: Annotator, comparison_id: int, now: datetime, *, handed_out: Candidate | None = None
) -> Assignment | None:
    """Hold a place of this comparison for the annotator, or None if others took the last one.

    Somebody who had it before gets the same assignment with the same sides and token: their page may still show it, and
    their browser may keep an answer to it that was given without a connection. handed_out: how it was found, whose
    probability is stored; None where an answer comes from a page that was still open, and what was stored when the page
    was given stays.
    """
    if not change(TAKE, comparison_id):
        return None
    # The update locked the comparison's row: until the commit nobody else takes or returns a place of it.
    pair, places = _places(annotator, comparison_id)
    held = {place.slot for place in places if place.slot is not None}
    slot = next(number for number in range(len(held) + 1) if number not in held)
    mine = next((place for place in places if place.annotator_id == annotator.pk), None)
    if mine is None:
        assignment = Assignment(
            comparison_id=comparison_id,
            annotator=annotator,
            slot=slot,
            shown_left=_side(annotator, pair, places),
            lease_until=lease_end(now),
            **_chance(handed_out),
        )
        insert(assignment)
        return assignment
    if mine.state not in GIVEN_BACK:
        # Another request of the same annotator was faster; give the place back.
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
        return None
    return _take_again(mine, slot, now, handed_out)


def _places(annotator: Annotator, comparison_id: int) -> tuple[Pair, list[Place]]:
    rows = fetch(PLACES, annotator.pk, annotator.pk, comparison_id)
    of_pair = len(Pair._fields)
    return Pair(*rows[0][:of_pair]), [Place(*row[of_pair:]) for row in rows if row[of_pair] is not None]


def _side(annotator: Annotator, pair: Pair, places: list[Place]) -> str:
    """What the annotator is shown left, added to their counts."""
    held = [place.shown_left for place in places if place.slot is not None]
    lapsed = [place.shown_left for place in places if place.state == Assignment.State.EXPIRED]
    side = shown_left(pair.lead_of_a, held, lapsed)
    shown = (pair.system_a, pair.system_b) if side == Side.A else (pair.system_b, pair.system_a)
    count(annotator.pk, *shown)
    return side


def _take_again(mine: Place, slot: int, now: datetime, handed_out: Candidate | None) -> Assignment:
    assignment = Assignment.objects.select_related("annotator__study").get(pk=mine.pk)
    again = {"state": Assignment.State.LEASED, "slot": slot, "lease_until": lease_end(now)} | _chance(handed_out)
    for name, value in again.items():
        setattr(assignment, name, value)
    # Answers given before count again from now on.
    with counting(assignment.pk):
        assignment.save(update_fields=list(again))
    return assignment


def _chance(handed_out: Candidate | None) -> dict[str, Any]:
    if handed_out is None:
        return {}
    return {"probability": handed_out.probability, "drawn_from": handed_out.drawn_from}
