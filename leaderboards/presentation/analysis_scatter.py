"""Scatter plots ready to draw: a metric's mean against the rating, a point a system. All arithmetic is done here."""

import math
from dataclasses import dataclass

from leaderboards.boards.analysis.values import Values
from leaderboards.presentation.charts.labels import PLACES, place_labels
from lib.numbers import format_whole

HEIGHT = 240
TOP, BOTTOM = 14, 26
LEFT, RIGHT = 14.0, 94.0  # per cent of the width, so that text keeps its size on every screen
# Where numbers are placed, the plot is taken to be as wide as on a phone; wider, they only have more room.
NARROWEST = 280
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# From the middle of a number to its baseline, and from its upper edge.
DOWN = {"middle": 4, "top": 10, "bottom": 0}


@dataclass(frozen=True)
class ScatterDot:
    """anchor, dx, dy: of the number beside it."""

    x: str
    y: float
    label: int
    system: str
    anchor: str
    dx: int
    dy: int


@dataclass(frozen=True)
class ScatterTick:
    place: str
    label: str


@dataclass(frozen=True)
class ScatterPlot:
    """Beside each dot is the system's number in the legend."""

    metric: str
    dots: list[ScatterDot]
    across: list[ScatterTick]
    up: list[ScatterTick]
    description: str
    height: int = HEIGHT
    axis_y: int = HEIGHT - BOTTOM


def scatter_plot(metric: Values, numbers: dict[str, int]) -> ScatterPlot | None:
    """None with fewer than two points. numbers: by system."""
    points = metric.get("points") or []
    if len(points) < 2:
        return None
    x_low, x_high = _range([point["metric"] for point in points])
    y_low, y_high = _range([point["rating"] for point in points])

    def share(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - x_low) / (x_high - x_low)

    def across(value: float) -> str:
        return f"{share(value):.2f}%"

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - y_low) / (y_high - y_low), 1)

    places = place_labels(
        [(share(p["metric"]) / 100 * NARROWEST, up(p["rating"])) for p in points],
        [str(numbers[p["system"]]) for p in points],
        width=NARROWEST,
        height=HEIGHT - BOTTOM,
    )
    digits = max(0, 1 - math.floor(math.log10(x_high - x_low))) if x_high - x_low < 10 else 0
    return ScatterPlot(
        metric=metric["metric"],
        dots=[
            ScatterDot(across(p["metric"]), up(p["rating"]), numbers[p["system"]], p["system"], *_beside(place))
            for p, place in zip(points, places, strict=True)
        ],
        across=[ScatterTick(across(v), f"{v:.{digits}f}") for v in (x_low, (x_low + x_high) / 2, x_high)],
        up=[ScatterTick(str(up(v)), format_whole(v)) for v in (y_low, (y_low + y_high) / 2, y_high)],
        description="; ".join(f"{p['system']}: {p['metric']:.3g}, rating {format_whole(p['rating'])}" for p in points),
    )


def _beside(place: str) -> tuple[str, int, int]:
    align, baseline, dx, dy = PLACES[place]
    return ANCHORS[align], dx, dy + DOWN[baseline]


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low) * 0.1 or max(abs(high) * 0.1, 1e-3)
    return low - margin, high + margin
