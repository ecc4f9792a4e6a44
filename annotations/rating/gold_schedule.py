"""Where gold and training pairs come in.

Training comes first, in the order it was made. Of every `gold_every` other pairs that an annotator is given, one is
gold, at a place of this block that follows from the study's seed, the annotator and the server's secret: it stays the
same however often it is asked for, and nobody can work it out. Neither is given to who has no rating pair to come.
"""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac

from annotations.models import Annotator, Assignment, Comparison, ControlItem, Purpose

EXPIRED = Assignment.State.EXPIRED
# The pair on the screen and the one fetched ahead: more than these an annotator does not hold.
HELD_AT_ONCE = 2


class _Open(NamedTuple):
    """A known pair that this annotator neither answered nor skipped nor holds; returned: they held it before."""

    comparison: int
    purpose: str
    document: int
    returned: bool


class _Block(NamedTuple):
    """The annotator's newest block: its number, how many pairs of it are given, whether one of them was gold."""

    number: int
    given: int
    has_gold: bool


def due(annotator: Annotator, rating: QuerySet[Comparison]) -> list[int]:
    """Comparisons to give before one for rating, best first. rating: what could be given to them for rating."""
    known = _open_pairs(annotator)
    if not known or not rating.exists():
        return []
    if training := [one.comparison for one in known if one.purpose == Purpose.TRAINING]:
        return training
    gold = [one for one in known if one.purpose == Purpose.GOLD]
    return _due_gold(annotator, gold) if annotator.study.gold_every and gold else []


def _due_gold(annotator: Annotator, gold: list[_Open]) -> list[int]:
    """A gold pair whose lease ran out comes again like any other pair, and stays the one of its block."""
    newest = list(_given(annotator)[:HELD_AT_ONCE].values_list("comparison_id", "state"))
    lapsed = {comparison for comparison, state in newest if state == EXPIRED}
    if again := [one.comparison for one in gold if one.comparison in lapsed]:
        return again[:1]
    block = _block(annotator)
    if block.has_gold or block.given < _place(annotator, block.number):
        return []
    last = (
        annotator.assignments.order_by("-created_at", "-pk").values_list("comparison__document_id", flat=True).first()
    )
    fresh = [one for one in gold if not one.returned]
    # Of the document last read, so that no transcript is opened for gold; then in an order of the annotator's own.
    fresh.sort(key=lambda one: (one.document != last, _secret(annotator, "order", one.comparison)))
    # One and no more: where it cannot be taken, another tab of this annotator has just taken it.
    return [one.comparison for one in fresh[:1]]


def upcoming_gold(annotator: Annotator, rating: int) -> int:
    """How many gold pairs will come with this many more pairs for rating: the annotator's total must not tell them."""
    every = annotator.study.gold_every
    if not every or not rating:
        return 0
    left = sum(one.purpose == Purpose.GOLD and not one.returned for one in _open_pairs(annotator))
    number, given, has_gold = _block(annotator)
    coming = 0
    while left and rating > 0:
        if not has_gold:
            if rating <= max(_place(annotator, number) - given, 0):
                break  # the last rating pair comes before the place of the gold one
            coming, left = coming + 1, left - 1
        rating -= every - given - (not has_gold)
        number, given, has_gold = number + 1, 0, False
    return coming


def _open_pairs(annotator: Annotator) -> list[_Open]:
    if not annotator.study.has_control_items:
        return []
    mine = annotator.assignments.filter(comparison=OuterRef("comparison"))
    pairs = (
        ControlItem.objects.filter(comparison__study=annotator.study_id, switched_off_at=None)
        .filter(~Exists(mine.exclude(state=EXPIRED)))
        .annotate(returned=Exists(mine))
        .order_by("pk")
    )
    return [
        _Open(*row)
        for row in pairs.values_list("comparison_id", "comparison__purpose", "comparison__document_id", "returned")
    ]


def _given(annotator: Annotator) -> QuerySet[Assignment]:
    """What they were given but training, the newest first; a pair that comes again keeps its place."""
    given = annotator.assignments.exclude(comparison__purpose=Purpose.TRAINING)
    return given.order_by("-created_at", "-pk")


def _block(annotator: Annotator) -> _Block:
    given = _given(annotator)
    number, used = divmod(given.count(), annotator.study.gold_every)
    purposes = given[:used].values_list("comparison__purpose", flat=True) if used else []
    return _Block(number, used, Purpose.GOLD in purposes)


def _place(annotator: Annotator, block: int) -> int:
    return _secret(annotator, "block", block) % annotator.study.gold_every


def _secret(annotator: Annotator, what: str, number: int) -> int:
    digest = salted_hmac(f"annotations.mixing.{what}", f"{annotator.study.seed}:{annotator.pk}:{number}").digest()
    return int.from_bytes(digest[:8], "big")


def practice_place(assignment: Assignment) -> tuple[int, int]:
    """Of a training assignment: which one it is for its annotator, counted from 1, and of how many."""
    annotator = assignment.annotator
    had = annotator.assignments.exclude(state=EXPIRED).filter(comparison=OuterRef("comparison"))
    theirs = ControlItem.objects.filter(
        Q(switched_off_at=None) | Q(Exists(had)) | Q(comparison=assignment.comparison_id),
        comparison__study=annotator.study_id,
        comparison__purpose=Purpose.TRAINING,
    )
    order = list(theirs.order_by("pk").values_list("comparison_id", flat=True))
    return order.index(assignment.comparison_id) + 1, len(order)
