"""The picture of a verdict: the share that prefers the small system, its interval, and the least that is enough.

Horizontal positions are percentages, so that text keeps its size on every screen. All arithmetic is done here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leaderboards.presentation.verdict_text import percent, share_texts

EDGE = 3.0
# Part of the axis left free on either side of what is shown.
FREE = 0.08
MOST_TICKS = 5


@dataclass(frozen=True)
class VerdictTick:
    """A label below the axis."""

    x: str
    label: str


@dataclass(frozen=True)
class VerdictPicture:
    """Positions and words of the picture.

    Attributes:
        x, x1, x2: Of the share and of the ends of its interval.
        least_x, least: Where the least share that is good enough lies, and it in words; "" without a margin.
        least_width: How far the area of what is good enough reaches from there.
        least_anchor: Whether the words begin or end at that place.
        half_x: Where both are preferred equally often.
    """

    x: str
    x1: str
    x2: str
    least_x: str
    least_width: str
    least: str
    least_anchor: str
    half_x: str
    ticks: list[VerdictTick]
    description: str


def draw_verdict(verdict: Mapping[str, Any]) -> VerdictPicture:
    """Draw a verdict that has an interval."""
    share, lower, upper = (verdict[name] for name in ("share", "share_lower", "share_upper"))
    least = None if verdict["margin"] is None else 0.5 - verdict["margin"]
    shown = [lower, upper, 0.5, *([] if least is None else [least])]
    free = FREE * (max(shown) - min(shown))
    axis = ShareAxis(max(0.0, min(shown) - free), min(1.0, max(shown) + free))
    place = None if least is None else axis.place(least)
    return VerdictPicture(
        x=axis.position(share),
        x1=axis.position(lower),
        x2=axis.position(upper),
        least_x="" if place is None else f"{place:.2f}%",
        least_width="" if place is None else f"{100 - place:.2f}%",
        least="" if least is None else f"good enough from {percent(least)} on",
        least_anchor="end" if place is not None and place > 50 else "start",
        half_x=axis.position(0.5),
        ticks=axis.ticks(),
        description=_in_words(verdict, least),
    )


def _in_words(verdict: Mapping[str, Any], least: float | None) -> str:
    share, lower, upper = share_texts(verdict)
    words = f"{verdict['small']} preferred to {verdict['large']}: {share}, 95 % interval {lower} to {upper}"
    return f"{words}; good enough from {percent(least)} on" if least is not None else words


@dataclass(frozen=True)
class ShareAxis:
    """The range of shares that the picture shows."""

    low: float
    high: float

    def place(self, share: float) -> float:
        return EDGE + (100 - 2 * EDGE) * (share - self.low) / (self.high - self.low)

    def position(self, share: float) -> str:
        return f"{self.place(share):.2f}%"

    def ticks(self) -> list[VerdictTick]:
        """Return a few round shares within the range."""
        for step in (1, 2, 5, 10, 20, 25, 50):
            first, last = math.ceil(100 * self.low / step), math.floor(100 * self.high / step)
            if last - first < MOST_TICKS:
                return [
                    VerdictTick(self.position(step * i / 100), percent(step * i / 100)) for i in range(first, last + 1)
                ]
        return []
