"""Decides when an annotator is given a pair again that they rated before, with its sides swapped.

Each block of `repeat_every` pairs has one repeated pair, at a position that follows from the study's seed, the
annotator and the server's secret, as for gold. The first blocks have none while no pair is REPEAT_AFTER pairs back.
"""

from typing import NamedTuple

from annotations.models import Annotator, Assignment, Comparison, Purpose, Side
from annotations.models.comparisons import EVERYBODY, REPEAT_AFTER
from annotations.rating.mixing.places import HELD_AT_ONCE, given_in_order, secret
from annotations.rating.queries import is_available


class GivenPair(NamedTuple):
    """What a pair that an annotator was given says about which one may come again."""

    comparison: int
    purpose: str
    state: str
    shown_left: str
    texts: tuple[int, int]


class Repeat(NamedTuple):
    """A pair to give again: its comparison, and the side that is shown left this time."""

    comparison: int
    shown_left: str


def due(annotator: Annotator) -> Repeat | None:
    """Return the pair that is to come again now, if any."""
    every = annotator.study.repeat_every
    if not every:
        return None
    given = given_pairs(annotator)
    if not is_available(annotator):
        return None
    lapsed = [pair for pair in given[-HELD_AT_ONCE:] if (pair.purpose, pair.state) == (Purpose.REPEAT, "expired")]
    if lapsed:
        return Repeat(lapsed[0].comparison, lapsed[0].shown_left)
    number, used = divmod(len(given), every)
    newest = given[len(given) - used :]
    if used < position(annotator, number) or any(pair.purpose == Purpose.REPEAT for pair in newest):
        return None
    open_ = repeatable(given)
    if not open_:
        return None
    chosen = min(open_, key=lambda pair: secret(annotator, "repeat-order", pair.comparison))
    return Repeat(_repeat_of(chosen), Side.B if chosen.shown_left == Side.A else Side.A)


def given_pairs(annotator: Annotator) -> list[GivenPair]:
    """Return the annotator's pairs without training, oldest first."""
    pair = "comparison__"
    columns = ("comparison_id", f"{pair}purpose", "state", "shown_left", f"{pair}summary_a_id", f"{pair}summary_b_id")
    newest_first = given_in_order(annotator).values_list(*columns)
    given = [GivenPair(pair, purpose, state, left, (a, b)) for pair, purpose, state, left, a, b in newest_first]
    return given[::-1]


def repeatable(given: list[GivenPair]) -> list[GivenPair]:
    """Return rated pairs that are long enough ago and did not come again yet."""
    repeated = {pair.texts for pair in given if pair.purpose == Purpose.REPEAT}
    return [
        pair
        for pair in given[: max(0, len(given) - REPEAT_AFTER)]
        if pair.purpose == Purpose.RATING
        and pair.state == Assignment.State.DONE
        and pair.shown_left
        and pair.texts not in repeated
    ]


def position(annotator: Annotator, block: int) -> int:
    """Return the place of the repeated pair in a block."""
    return secret(annotator, "repeat", block) % annotator.study.repeat_every


def _repeat_of(pair: GivenPair) -> int:
    """Return the repeated pair with the texts of a rating pair; the first time it is made."""
    original = Comparison.objects.get(pk=pair.comparison)
    again, _ = Comparison.objects.get_or_create(
        study_id=original.study_id,
        summary_a_id=original.summary_a_id,
        summary_b_id=original.summary_b_id,
        repeat=True,
        defaults={
            "document_id": original.document_id,
            "query_id": original.query_id,
            "purpose": Purpose.REPEAT,
            "quota": EVERYBODY,
            "shuffle": original.shuffle,
        },
    )
    return again.pk
