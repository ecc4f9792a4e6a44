"""Scatter plots on the trust page: a metric's mean against the rating, a dot for each system, ready to draw.

All arithmetic is done here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from leaderboards.boards.analysis.values import Values
from leaderboards.presentation.charts.labels import PLACES, place_labels
from lib.numbers import format_whole

HEIGHT = 240
TOP, BOTTOM = 14, 26
LEFT, RIGHT = 14.0, 94.0  # percent of the width, so that text keeps its size on every screen
# With more systems dots have no numbers, which nobody could read.
MOST_NUMBERED = 60
# Numbers are placed as on a phone's width; a wider plot only gives them more room.
NARROWEST = 280
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# From a number's vertical alignment to its baseline.
BASELINE_OFFSET = {"middle": 4, "top": 10, "bottom": 0}


@dataclass(frozen=True)
class ScatterDot:
    """A system.

    Attributes:
        label: Its number in the legend, written beside the dot; None where there are too many.
        anchor, dx, dy: Of that number.
    """

    x: str
    y: float
    label: int | None
    system: str
    anchor: str
    dx: int
    dy: int


@dataclass(frozen=True)
class ScatterTick:
    """A label on an axis."""

    place: str
    label: str


@dataclass(frozen=True)
class ScatterPlot:
    """A plot with its axes: `across` is the metric, `up` the rating."""

    metric: str
    dots: list[ScatterDot]
    across: list[ScatterTick]
    up: list[ScatterTick]
    description: str
    height: int = HEIGHT
    axis_y: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class _Scale:
    """The range of values on an axis, with a margin."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float]) -> "_Scale":
        low, high = min(values), max(values)
        margin = (high - low) * 0.1 or max(abs(high) * 0.1, 1e-3)
        return cls(low - margin, high + margin)

    @property
    def ticks(self) -> tuple[float, float, float]:
        return self.low, (self.low + self.high) / 2, self.high

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def scatter_plot(metric: Values, numbers: dict[str, int]) -> ScatterPlot | None:
    """Plot a metric's points; None with fewer than two of them. numbers: In the legend, by system."""
    points = metric.get("points") or []
    if len(points) < 2:
        return None
    x, y = (_Scale.around([point[name] for point in points]) for name in ("metric", "rating"))
    width = x.high - x.low
    digits = max(0, 1 - math.floor(math.log10(width))) if width < 10 else 0
    return ScatterPlot(
        metric=metric["metric"],
        dots=_dots(points, numbers, x, y) if len(points) <= MOST_NUMBERED else _bare_dots(points, x, y),
        across=[ScatterTick(_percent(x, value), f"{value:.{digits}f}") for value in x.ticks],
        up=[ScatterTick(str(_pixels(y, value)), format_whole(value)) for value in y.ticks],
        description="; ".join(
            f"{point['system']}: {point['metric']:.3g}, rating {format_whole(point['rating'])}"
            for point in points[:MOST_NUMBERED]
        ),
    )


def _dots(points: Sequence[Values], numbers: dict[str, int], x: _Scale, y: _Scale) -> list[ScatterDot]:
    places = place_labels(
        [(_position(x, point["metric"]) / 100 * NARROWEST, _pixels(y, point["rating"])) for point in points],
        [str(numbers[point["system"]]) for point in points],
        width=NARROWEST,
        height=HEIGHT - BOTTOM,
    )
    return [
        ScatterDot(
            _percent(x, point["metric"]),
            _pixels(y, point["rating"]),
            numbers[point["system"]],
            point["system"],
            *_number_beside(place),
        )
        for point, place in zip(points, places, strict=True)
    ]


def _bare_dots(points: Sequence[Values], x: _Scale, y: _Scale) -> list[ScatterDot]:
    """Give dots without numbers, one for all that lie on each other."""
    dots = {}
    for point in points:
        place = f"{_position(x, point['metric']):.1f}%", float(round(_pixels(y, point["rating"])))
        dots[place] = ScatterDot(*place, None, point["system"], "", 0, 0)
    return list(dots.values())


def _position(x: _Scale, value: float) -> float:
    return LEFT + (RIGHT - LEFT) * x.share(value)


def _percent(x: _Scale, value: float) -> str:
    return f"{_position(x, value):.2f}%"


def _pixels(y: _Scale, value: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * y.share(value), 1)


def _number_beside(place: str) -> tuple[str, int, int]:
    align, baseline, dx, dy = PLACES[place]
    return ANCHORS[align], dx, dy + BASELINE_OFFSET[baseline]
