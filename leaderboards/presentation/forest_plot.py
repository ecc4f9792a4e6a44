"""The forest plot on a board's page: ratings with their intervals, ready to draw.

Horizontal positions are percentages, so that text keeps its size on every screen. All arithmetic is done here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from leaderboards.presentation.board_table import by_part
from leaderboards.presentation.enough import in_numbers
from lib.numbers import format_whole
from lib.text.translated import mark_of

BoardLine = dict[str, Any]

ROW_HEIGHT = 46
AXIS_HEIGHT = 26
MARGIN = 3.0
LABEL_LENGTH = 32
MOST_TICKS = 5
# Size classes that have a mark of their own, "" for systems of unknown size.
SIZES = ("compact", "mid", "large", "")
# Regimes whose marks board.css draws hollow.
HOLLOW = frozenset({"baseline", "human"})


@dataclass(frozen=True)
class ForestTick:
    """A label on the rating axis."""

    x: str
    label: str


@dataclass(frozen=True)
class ForestRow:
    """One system.

    Attributes:
        size: The size class, as a word and as a mark; "" where it is not known.
        value, range: Rating and interval as text of fixed-width digits; a narrow screen hides the range.
        text_y, y: Vertical position of the text, and of the line below it.
        x, x1, x2: Position of the rating and of its interval's ends, "" where undefined.
        why: Why there is no interval.
    """

    label: str
    size: str
    value: str
    range: str
    kind: str
    text_y: int
    y: int
    x: str
    x1: str
    x2: str
    why: str


@dataclass(frozen=True)
class ForestPlot:
    """A plot of systems that share one scale.

    Attributes:
        sizes, hollow: The size classes in it, and those of them whose marks are all drawn hollow.
    """

    rows: list[ForestRow]
    ticks: list[ForestTick]
    height: int
    axis_y: int
    description: str
    sizes: list[str]
    hollow: list[str]


@dataclass(frozen=True)
class RatingAxis:
    """The range of ratings that a plot shows."""

    low: float
    high: float

    def position(self, rating: float | None) -> str:
        """Return the horizontal position of a rating as a percentage; "" of none."""
        if rating is None:
            return ""
        return f"{MARGIN + (100 - 2 * MARGIN) * (rating - self.low) / (self.high - self.low):.2f}%"

    def ticks(self) -> list[ForestTick]:
        """Return at most five round ratings within the range."""
        return [ForestTick(self.position(rating), format_whole(rating)) for rating in self._round_ratings()]

    def _round_ratings(self) -> list[float]:
        for exponent in range(-1, 9):
            for factor in (1, 2, 5):
                step = factor * 10.0**exponent
                first, last = math.ceil(self.low / step), math.floor(self.high / step)
                if last - first < MOST_TICKS:
                    return [step * i for i in range(first, last + 1)]
        return []


def forest_plots(board: dict[str, Any]) -> dict[str, ForestPlot]:
    """Plot each part that votes connect, by the part's title; none while there are too few votes."""
    parts = by_part(in_numbers(board))
    plots = {title: forest_plot({"systems": lines}) for title, lines in parts.items()}
    return {title: plot for title, plot in plots.items() if plot is not None}


def forest_plot(board: dict[str, Any]) -> ForestPlot | None:
    """Plot the systems of one part, the highest rating at the top; None while nothing is rated."""
    lines = [line for line in board["systems"] if line["rating"] is not None]
    if not lines:
        return None
    axis, axis_y = _axis(lines), len(lines) * ROW_HEIGHT
    return ForestPlot(
        rows=[_forest_row(i, line, axis) for i, line in enumerate(lines)],
        ticks=axis.ticks(),
        height=axis_y + AXIS_HEIGHT,
        axis_y=axis_y,
        description=mark_of("; ").join(_in_words(line) for line in lines),
        sizes=[size for size in SIZES if any(line["size_class"] == size for line in lines)],
        hollow=[size for size in SIZES if {line["regime"] for line in lines if line["size_class"] == size} <= HOLLOW],
    )


def _in_words(line: BoardLine) -> str:
    """Say a line in the page's language."""
    size = f"{mark_of(' (')}{gettext(line['size_class'])}{mark_of(')')}" if line["size_class"] else ""
    return f"{line['system']}{size}{mark_of(': ')}{format_whole(line['rating'])} {_interval(line)}"


def _axis(lines: Sequence[BoardLine]) -> RatingAxis:
    ends = [line[field] for line in lines for field in ("rating", "rating_lower", "rating_upper")]
    defined = [end for end in ends if end is not None]
    low, high = min(defined), max(defined)
    return RatingAxis(low, high) if high - low >= 1 else RatingAxis(low - 50, high + 50)


def _forest_row(index: int, line: BoardLine, axis: RatingAxis) -> ForestRow:
    return ForestRow(
        label=_shortened(line["system"]),
        size=line["size_class"],
        value=format_whole(line["rating"]),
        range=_interval(line),
        kind=line["regime"],
        text_y=index * ROW_HEIGHT + 16,
        y=index * ROW_HEIGHT + 32,
        x=axis.position(line["rating"]),
        x1=axis.position(line["rating_lower"]),
        x2=axis.position(line["rating_upper"]),
        why=line["reasons"].get("rating_lower", ""),
    )


def _interval(line: BoardLine) -> str:
    if line["rating_lower"] is None:
        return gettext("(no interval)")
    return f"({format_whole(line['rating_lower'])}–{format_whole(line['rating_upper'])})"


def _shortened(name: str) -> str:
    """Cut a label that would run into the numbers on a phone; the table has the whole name."""
    return name if len(name) <= LABEL_LENGTH else f"{name[: LABEL_LENGTH - 1]}…"
