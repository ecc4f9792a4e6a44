"""A mention: a number, a date or a name in a text, with everything that it may mean."""

from dataclasses import dataclass
from enum import StrEnum

CLOCK_HOURS = 12


class MentionKind(StrEnum):
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    NAME = "name"


@dataclass(frozen=True)
class Mention:
    """Words of a text.

    Attributes:
        start, end: Its characters.
        kind: What it is.
        readings: What it may mean, such as "48" or "month:3"; another mention means the same if they share one.
        claimed: Whether a summary that has it says something that can be wrong; "one" in "one of them" does not.
    """

    start: int
    end: int
    kind: MentionKind
    readings: frozenset[str]
    claimed: bool = True


def reading(value: float) -> str:
    """Return a number as a reading: 48 and 48.0 are one."""
    return f"{round(value, 6):g}" if abs(value) < 1e5 else f"{round(value, 2):.12g}"


def clock(hour: int, minute: int = 0) -> str:
    """Return a time of day as a reading; a half of the day is not told from the other."""
    return f"clock:{hour % CLOCK_HOURS}:{minute:02d}"
