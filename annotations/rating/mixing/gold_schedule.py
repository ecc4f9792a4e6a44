"""Decides when an annotator is given gold and training pairs.

Training comes first, in the order it was made. Each block of `gold_every` other pairs has one gold pair. Its position
in the block follows from the study's seed, the annotator and the server's secret, so it never changes and nobody can
guess it. Annotators who have no rating pair left are given neither.
"""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from annotations.models import Annotator, Assignment, ControlItem, Purpose
from annotations.models.comparisons import REPEAT_AFTER
from annotations.rating.mixing import gold_queries, repeats
from annotations.rating.mixing.gold_queries import LastGiven, OpenItem
from annotations.rating.mixing.places import HELD_AT_ONCE, secret
from annotations.rating.queries import is_available
from annotations.studies.languages import readable_codes

EXPIRED = Assignment.State.EXPIRED


class _Block(NamedTuple):
    """The annotator's newest block: its number, how many of its pairs are given, and whether one of these is gold."""

    number: int
    given: int
    has_gold: bool


def due(annotator: Annotator) -> list[int]:
    """Return comparisons to give before one for rating, best first; none where none is left for rating."""
    items = _open_items(annotator)
    training = [item.comparison for item in items if item.purpose == Purpose.TRAINING]
    now_due = training or _due_gold(annotator, [item for item in items if item.purpose == Purpose.GOLD])
    return now_due if now_due and is_available(annotator) else []


def _due_gold(annotator: Annotator, gold: list[OpenItem]) -> list[int]:
    """Return the gold pair that is due, if any: one whose lease ran out comes again and stays the one of its block."""
    if not (gold and annotator.study.gold_every):
        return []
    newest = _newest_given(annotator)
    lapsed = {pair.comparison for pair in newest[:HELD_AT_ONCE] if pair.state == EXPIRED}
    if again := [item.comparison for item in gold if item.comparison in lapsed]:
        return again[:1]
    block = _block(annotator, newest)
    if block.has_gold or block.given < _gold_position(annotator, block.number):
        return []
    # Only one: if it cannot be taken, another tab of this annotator has just taken it.
    return _in_own_order(annotator, [item for item in gold if not item.returned])[:1]


def _in_own_order(annotator: Annotator, gold: list[OpenItem]) -> list[int]:
    """Order gold pairs: of the document last read first, so that no transcript is opened for gold; then by a secret."""
    newest_first = annotator.assignments.order_by("-created_at", "-pk")
    last_document = newest_first.values_list("comparison__document_id", flat=True).first()
    gold = sorted(gold, key=lambda item: (item.document != last_document, secret(annotator, "order", item.comparison)))
    return [item.comparison for item in gold]


def upcoming(annotator: Annotator, rating: int) -> int:
    """Return how many gold and repeated pairs come with this many more rating pairs.

    A total without them would reveal them.
    """
    return _upcoming_both(annotator, rating) if annotator.study.repeat_every else _upcoming_gold(annotator, rating)


def _upcoming_both(annotator: Annotator, rating: int) -> int:
    """Go through the pairs to come one by one, as if none of them were skipped."""
    every, gold_every = annotator.study.repeat_every, annotator.study.gold_every
    left = sum(item.purpose == Purpose.GOLD and not item.returned for item in _open_items(annotator))
    given = repeats.given_pairs(annotator)
    purposes = [pair.purpose for pair in given]
    skipped = [pair.state == Assignment.State.SKIPPED for pair in given]
    coming = 0
    while rating > 0:
        n = len(purposes)
        gold_block, gold_used = divmod(n, gold_every) if gold_every else (0, 0)
        block, used = divmod(n, every)
        old = zip(purposes, skipped[: max(0, n - REPEAT_AFTER)], strict=False)
        again = sum(purpose == Purpose.RATING and not out for purpose, out in old) - purposes.count(Purpose.REPEAT)
        if (
            gold_every
            and left
            and Purpose.GOLD not in purposes[n - gold_used :]
            and gold_used >= _gold_position(annotator, gold_block)
        ):
            purposes.append(Purpose.GOLD)
            left, coming = left - 1, coming + 1
        elif again > 0 and Purpose.REPEAT not in purposes[n - used :] and used >= repeats.position(annotator, block):
            purposes.append(Purpose.REPEAT)
            coming += 1
        else:
            purposes.append(Purpose.RATING)
            rating -= 1
        skipped.append(False)
    return coming


def _upcoming_gold(annotator: Annotator, rating: int) -> int:
    """Return how many gold pairs come with this many more rating pairs."""
    every = annotator.study.gold_every
    if not every or not rating:
        return 0
    left = sum(item.purpose == Purpose.GOLD and not item.returned for item in _open_items(annotator))
    number, given, has_gold = _block(annotator, _newest_given(annotator))
    coming = 0
    while left and rating > 0:
        if not has_gold:
            if rating <= max(_gold_position(annotator, number) - given, 0):
                break  # the last rating pair comes before the position of the gold one
            coming, left = coming + 1, left - 1
        rating -= every - given - (not has_gold)
        number, given, has_gold = number + 1, 0, False
    return coming


def _open_items(annotator: Annotator) -> list[OpenItem]:
    return gold_queries.open_items(annotator) if annotator.study.has_control_items else []


def _readable(annotator: Annotator) -> Q:
    """Condition: the item's document is in a language that the annotator reads."""
    codes = readable_codes(annotator)
    return Q() if codes is None else Q(comparison__document__language__in=codes)


def _newest_given(annotator: Annotator) -> list[LastGiven]:
    """Return what tells the block: more of the pairs that the annotator was given last than a block has."""
    return gold_queries.last_given(annotator, max(annotator.study.gold_every, HELD_AT_ONCE))


def _block(annotator: Annotator, newest: list[LastGiven]) -> _Block:
    number, used = divmod(newest[0].given if newest else 0, annotator.study.gold_every)
    return _Block(number, used, any(pair.purpose == Purpose.GOLD for pair in newest[:used]))


def _gold_position(annotator: Annotator, block: int) -> int:
    return secret(annotator, "block", block) % annotator.study.gold_every


def practice_place(assignment: Assignment) -> tuple[int, int]:
    """Return which of the annotator's training pairs this assignment is, counted from 1, and how many there are."""
    annotator = assignment.annotator
    had = annotator.assignments.had().filter(comparison=OuterRef("comparison"))
    theirs = ControlItem.objects.filter(
        (Q(switched_off_at=None) & _readable(annotator)) | Q(Exists(had)) | Q(comparison=assignment.comparison_id),
        comparison__study=annotator.study_id,
        comparison__purpose=Purpose.TRAINING,
    )
    order = list(theirs.order_by("pk").values_list("comparison_id", flat=True))
    return order.index(assignment.comparison_id) + 1, len(order)
