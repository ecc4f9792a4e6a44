"""Hold what an annotator marked on gold items against what a careful reader marks there."""

from collections.abc import Sequence
from dataclasses import dataclass

from stats.uncertainty.proportions import Proportion, wilson
from stats.votes.arrays import InvalidVotesError

NONE_YET = "no gold item with marks rated yet"


@dataclass(frozen=True)
class MarkedItem:
    """One summary of a gold item.

    Attributes:
        wanted: Marks that a careful reader makes.
        found: Those of them of which the annotator marked at least a character, or the same kind of the whole.
        both: Characters that both marked.
        each: Characters that the annotator marked plus those that the reader marked.
    """

    wanted: int
    found: int
    both: int
    each: int


@dataclass(frozen=True)
class GoldMarks:
    """Say how far an annotator marks what a careful reader marks.

    Attributes:
        found: Share of the expected marks that they found, with an interval.
        overlap: F1 of marked characters, in [0, 1]; None where neither marked words.
        reason: Why something is None; "" where nothing is.
    """

    found: Proportion
    overlap: float | None
    reason: str


def gold_marks(items: Sequence[MarkedItem]) -> GoldMarks:
    """Pool an annotator's gold items.

    F1 is 2 x shared / (marked by the one + marked by the other), over all items, so it falls with words that are marked
    without need as well as with words that are missed; the share that was found does not fall with the former.

    Raises:
        InvalidVotesError: More found than wanted, or more shared than marked.
    Source:
        F1 as agreement where what is unmarked cannot be counted: Hripcsak and Rothschild (2005), JAMIA 12, 296-298.
    """
    if any(item.found > item.wanted or 2 * item.both > item.each for item in items):
        raise InvalidVotesError("An item has more found than wanted, or more shared than marked.")
    wanted, found = sum(item.wanted for item in items), sum(item.found for item in items)
    both, each = sum(item.both for item in items), sum(item.each for item in items)
    overlap = 2 * both / each if each else None
    reason = NONE_YET if not items else "" if each else "neither of the two marked words"
    return GoldMarks(wilson(found, wanted), overlap, reason)
