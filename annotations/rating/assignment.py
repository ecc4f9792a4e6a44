"""Gives annotators their next pair: no comparison twice, and no more annotators than its quota, leases included.

Pairs come document by document, so that a transcript is read once: first the document that the annotator read last,
then the one with the least progress. A study that asks about two systems first (sampling.has_question) goes on to
another document after each draw, because votes on more documents decide sooner. Documents come in the study's random
order, from another start for each annotator. A conditional UPDATE of the comparison's counter takes a place; its row
count decides.
"""

import random
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from annotations.counts.pair_tallies import counting
from annotations.counts.side_balance import counting_sides, side_to_show
from annotations.models import Annotator, Assignment, Comparison, Purpose, Study
from annotations.rating import queries
from annotations.rating.leases import keep_readable, lease_end, return_expired
from annotations.rating.mixing import gold_schedule, repeats
from annotations.rating.queries import (
    AvailableComparison,
    DocumentPlace,
    EarlierAssignment,
    NewAssignment,
    SystemsOfComparison,
    available_to,
    is_available,
)
from annotations.rating.sampling import CANDIDATES, CandidatePair, candidates, draws, has_question, in_question
from annotations.studies.consent import lacks_consent
from annotations.studies.languages import readable_codes
from annotations.studies.pair_generation import SHUFFLE_NUMBERS

# Comparisons left to an annotator are counted up to this number.
MOST_COUNTED = 200
LOOKED_AT = MOST_COUNTED + 2
HELD_BY_EACH = 2
GIVEN_BACK = (Assignment.State.EXPIRED, Assignment.State.SKIPPED)


def next_assignment(annotator: Annotator, *, now: datetime | None = None) -> Assignment | None:
    """Return what to rate now: the held assignment with its lease renewed, or a new one; None if no work is left."""
    now = now or timezone.now()
    if not _may_rate(annotator, now):
        return None
    held, last = queries.held_by(annotator)
    return _renew(keep_readable(annotator, held), now) or _take_any(annotator, last, now)


def prefetch(annotator: Annotator, shown: UUID, *, now: datetime | None = None) -> Assignment | None:
    """Return what comes after the assignment with the token `shown`, leased ahead so that nobody waits for it.

    None also where few places are free: an annotator without any pair needs them more.
    """
    now = now or timezone.now()
    if not _may_rate(annotator, now):
        return None
    mine, last, people = queries.held_and_people(annotator, LOOKED_AT)
    others = [assignment for assignment in mine if assignment.token != shown]
    ahead = _renew(keep_readable(annotator, others), now) or _take_ahead(annotator, last, people, now)
    if ahead is not None:
        ahead.follows_open = _is_open(annotator, shown, held=len(others) < len(mine))
    return ahead


def _take_ahead(annotator: Annotator, last: DocumentPlace | None, people: int, now: datetime) -> Assignment | None:
    available = _some_available(annotator, last)
    # More comparisons with a free place than there are pairs held now. Mostly that shows in what was looked at, for
    # everybody holds the pair that is shown and one ahead.
    if len(available) <= HELD_BY_EACH * people:
        held = queries.number_held(annotator.study_id, now)
        if len(available) <= held and not _more_than(held, annotator.study):
            return None
    return _take_any(annotator, last, now, available)


def _is_open(annotator: Annotator, shown: UUID, *, held: bool) -> bool:
    """Return True if the pair with this token is still to be rated, and will count in the progress; held: it is held.

    One whose lease ran out is open as well: its page may still be shown. Practice counts apart.
    """
    if held and not annotator.study.has_control_items:
        return True
    past = Q(state__in=(Assignment.State.DONE, Assignment.State.SKIPPED)) | Q(comparison__purpose=Purpose.TRAINING)
    return not annotator.assignments.filter(past, token=shown).exists()


def _may_rate(annotator: Annotator, now: datetime) -> bool:
    if annotator.left_at is not None or annotator.saw_results_at is not None:
        return False
    return annotator.study.takes_votes(now) and not lacks_consent(annotator)


def _more_than(held: int, study: Study) -> bool:
    """Return True if more comparisons than this have a free place."""
    return len(study.comparisons.for_rating().wanting().order_by().values_list("pk")[: held + 1]) > held


def _take_any(
    annotator: Annotator,
    last: DocumentPlace | None,
    now: datetime,
    available: list[AvailableComparison] | None = None,
) -> Assignment | None:
    """Take what is next to rate; available: what _some_available has just returned."""
    while True:
        if assignment := (
            _take_control_item(annotator, now)
            or _take_repeat(annotator, now)
            or _take_for_rating(annotator, last, now, available)
        ):
            return assignment
        available = None
        if not (return_expired(annotator.study, now=now) or is_available(annotator)):
            return None


def _take_control_item(annotator: Annotator, now: datetime) -> Assignment | None:
    """Take a training or gold pair if it is its turn."""
    if not annotator.study.has_control_items:
        return None
    for comparison_id in gold_schedule.due(annotator):
        if assignment := take_comparison(annotator, comparison_id, now):
            return assignment
    return None


def _take_repeat(annotator: Annotator, now: datetime) -> Assignment | None:
    """Take a pair that the annotator rated before if it is the turn of one."""
    if not annotator.study.repeat_every:
        return None
    again = repeats.due(annotator)
    return again and take_comparison(annotator, again.comparison, now, side=again.shown_left)


def has_work(annotator: Annotator) -> bool:
    """True while a comparison can be given to the annotator, or may yet be: another annotator's lease may run out."""
    study = annotator.study
    if annotator.left_at is not None or annotator.saw_results_at is not None:
        return False
    if study.status == Study.Status.DRAFT or study.is_over(timezone.now()):
        return False
    if annotator.assignments.filter(state=Assignment.State.LEASED).exists():
        return True
    not_had = ~Exists(annotator.assignments.had().filter(comparison=OuterRef("pk")))
    leased = Assignment.objects.filter(comparison=OuterRef("pk"), state=Assignment.State.LEASED)
    open_ = study.comparisons.for_rating().filter(not_had, Q(taken__lt=F("quota")) | Exists(leased))
    codes = readable_codes(annotator)
    return (open_ if codes is None else open_.filter(document__language__in=codes)).exists()


def _renew(held: list[Assignment], now: datetime) -> Assignment | None:
    """Renew the lease of the first assignment that is still held, and return it."""
    return next((assignment for assignment in held if queries.renew_lease(assignment.pk, lease_end(now))), None)


def _take_for_rating(
    annotator: Annotator, last: DocumentPlace | None, now: datetime, available: list[AvailableComparison] | None
) -> Assignment | None:
    available = _some_available(annotator, last) if available is None else available
    for candidate in _candidates(annotator, available, last):
        if assignment := take_comparison(annotator, candidate.comparison_id, now, handed_out=candidate):
            assignment.many_left = len(available) > MOST_COUNTED + 1
            return assignment
    return None


def _candidates(
    annotator: Annotator, available: list[AvailableComparison], last: DocumentPlace | None
) -> list[CandidatePair]:
    """Return comparisons to try, best first: of the document last read, else of the one with the least progress."""
    if not available:
        return []
    document = _next_to_ask(annotator, available) if has_question(annotator.study) else None
    if document is None:
        goes_on = last is not None and any(row.document_id == last.document_id for row in available)
        document = last.document_id if last is not None and goes_on else _least_rated(available, annotator)
    if draws(annotator.study):
        return candidates(annotator.study, available_to(annotator).filter(document=document))
    # A document's comparisons come in the study's fixed order.
    here = [CandidatePair(row.pk) for row in available if row.document_id == document]
    return here[:CANDIDATES]


def _next_to_ask(annotator: Annotator, available: list[AvailableComparison]) -> int | None:
    """Return the document whose comparison in question has the fewest annotators; None if there is none for them.

    Of those looked at, in the study's order of documents, so that one vote on each comes before a second; of the whole
    study where there is none among these.
    """
    asked = in_question(annotator.study, Comparison.objects.filter(pk__in=[row.pk for row in available]))
    here = set(asked.values_list("pk", flat=True))
    if here:
        return min((row for row in available if row.pk in here), key=lambda row: row.taken).document_id
    anywhere = in_question(annotator.study, available_to(annotator))
    return anywhere.order_by("taken", "place", "document").values_list("document", flat=True).first()


def _least_rated(available: list[AvailableComparison], annotator: Annotator) -> int:
    """Return the document whose comparisons have the fewest annotators; among equals, one drawn for the annotator."""
    taken: dict[int, list[int]] = {}
    for _, document_id, number in available:
        taken.setdefault(document_id, []).append(number)
    averages = {document: sum(numbers) / len(numbers) for document, numbers in taken.items()}
    least = min(averages.values())
    return _own_generator(annotator).choice([document for document, average in averages.items() if average == least])


def _own_generator(annotator: Annotator) -> random.Random:
    """Spread annotators over the documents, each always in the same way."""
    return random.Random(f"{annotator.study.seed}:{annotator.pk}")  # noqa: S311  (no secret)


def _some_available(annotator: Annotator, last: DocumentPlace | None) -> list[AvailableComparison]:
    """Return up to LOOKED_AT comparisons by document, from the last read one on, else from any; then from the first.

    Only a part of a large study is looked at, so that the time does not grow with the study.
    """
    start = _any_place(annotator) if last is None else last
    available = queries.available_from(annotator, start, LOOKED_AT)
    if len(available) < LOOKED_AT and not (last and available and available[0].document_id == last.document_id):
        available += queries.available_before(annotator, start, LOOKED_AT - len(available))
    return available


def _any_place(annotator: Annotator) -> DocumentPlace:
    """Start each annotator somewhere else in the study's order of documents."""
    return DocumentPlace(_own_generator(annotator).randrange(SHUFFLE_NUMBERS), 0)


@transaction.atomic
def take_comparison(
    annotator: Annotator,
    comparison_id: int,
    now: datetime,
    *,
    handed_out: CandidatePair | None = None,
    side: str | None = None,
) -> Assignment | None:
    """Hold a place of this comparison for the annotator; None if others took the last one.

    An annotator who had the comparison before gets the same assignment with the same sides and token: their page may
    still show it, and their browser may keep an answer to it that was given without a connection.

    Args:
        handed_out: How the comparison was found; its probability is stored. None where an answer comes from a page that
            was still open: what was stored when the page was given stays.
        side: The summary to show left; chosen here if None.
    """
    if not queries.take_place(comparison_id):
        return None
    # The update locked the comparison's row: until the commit nobody else takes or returns a place of it.
    systems, earlier = queries.systems_and_earlier(annotator, comparison_id)
    held_slots = {assignment.slot for assignment in earlier if assignment.slot is not None}
    slot = next(number for number in range(len(held_slots) + 1) if number not in held_slots)
    mine = next((assignment for assignment in earlier if assignment.annotator_id == annotator.pk), None)
    if mine is None:
        side = side or _side_for(systems, earlier)
        given = NewAssignment(comparison_id, slot, side, lease_end(now), **_chance(handed_out))
        left, right = systems.shown(side)
        return queries.add_assignment(annotator, given, counting_sides(annotator.pk, left, right))
    if mine.state not in GIVEN_BACK:
        # Another request of the same annotator was faster; give the place back.
        Comparison.objects.filter(pk=comparison_id).update(taken=F("taken") - 1)
        return None
    return _take_again(mine.pk, slot, now, handed_out)


def _side_for(systems: SystemsOfComparison, earlier: list[EarlierAssignment]) -> str:
    """Choose the side that the annotator is shown left."""
    held = [assignment.shown_left for assignment in earlier if assignment.slot is not None]
    lapsed = [assignment.shown_left for assignment in earlier if assignment.state == Assignment.State.EXPIRED]
    return side_to_show(systems.lead_of_a, held, lapsed)


def _take_again(assignment_id: int, slot: int, now: datetime, handed_out: CandidatePair | None) -> Assignment:
    assignment = Assignment.objects.select_related("annotator__study").get(pk=assignment_id)
    changes = {"state": Assignment.State.LEASED, "slot": slot, "lease_until": lease_end(now)} | _chance(handed_out)
    for name, value in changes.items():
        setattr(assignment, name, value)
    # Answers given before count again from now on.
    with counting(assignment.pk):
        assignment.save(update_fields=list(changes))
    return assignment


def _chance(handed_out: CandidatePair | None) -> dict[str, Any]:
    if handed_out is None:
        return {}
    return {"probability": handed_out.probability, "drawn_from": handed_out.drawn_from}
