"""The picture of a forecast: the chance of a decision against votes, one line for each number of annotators.

Lines are drawn in a square of 100 by 100 that is stretched to the place there is; words stand outside of it at places
in percent, so that they keep their size on every screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotations.drafting.forecast import POWER, Point, StudyForecast
from lib.numbers import count_of, format_count

LEFT, RIGHT, TOP, BOTTOM = 7.0, 84.0, 4.0, 88.0
STEPS = (10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000)
MOST_TICKS = 5
# Least distance between two labels at the ends of lines, in percent of the height.
APART = 9.0


@dataclass(frozen=True)
class ChanceLine:
    """A line, its label at its end, and whether it is of the annotators that are expected."""

    path: str
    label: str
    x: str
    y: str
    style: int
    planned: bool


@dataclass(frozen=True)
class ChanceTick:
    place: str
    label: str


@dataclass(frozen=True)
class ChancePicture:
    """Places and words; all arithmetic is done here.

    Attributes:
        x, y: Of the study that is planned.
        power_y: Of the chance that is usually wanted.
    """

    lines: list[ChanceLine]
    across: list[ChanceTick]
    up: list[ChanceTick]
    x: str
    y: str
    power_y: str
    bottom: str
    description: str


def draw_chances(forecast: StudyForecast) -> ChancePicture:
    drawn = [(annotators, points) for annotators, points in forecast.curves.items() if points]
    most = max([forecast.design.votes, *(points[-1].votes for _, points in drawn)])
    ends = _spread([_up(points[-1].chance) for _, points in drawn])
    lines = [
        ChanceLine(
            path=_path(points, most),
            label=str(annotators),
            x=f"{_across(points[-1].votes, most) + 1.2:.2f}%",
            y=f"{end:.2f}%",
            style=number + 1,
            planned=annotators == forecast.design.annotators,
        )
        for number, ((annotators, points), end) in enumerate(zip(drawn, ends, strict=True))
    ]
    return ChancePicture(
        lines=lines,
        across=[ChanceTick(f"{_across(votes, most):.2f}%", format_count(votes)) for votes in _ticks(most)],
        up=[ChanceTick(f"{_up(share / 100):.2f}%", f"{share} %") for share in (0, 50, 100)],
        x=f"{_across(forecast.design.votes, most):.2f}%",
        y=f"{_up(forecast.chance):.2f}%",
        power_y=f"{_up(POWER):.2f}%",
        bottom=f"{BOTTOM:.2f}%",
        description=_in_words(drawn, forecast),
    )


def _across(votes: float, most: float) -> float:
    return LEFT + (RIGHT - LEFT) * votes / most


def _up(chance: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * chance


def _path(points: Sequence[Point], most: float) -> str:
    places = [f"{_across(point.votes, most):.2f} {_up(point.chance):.2f}" for point in points]
    return "M" + " L".join(places)


def _ticks(most: float) -> list[int]:
    step = next((step for step in STEPS if most / step <= MOST_TICKS), STEPS[-1])
    return list(range(0, int(most) + 1, step))


def _spread(ends: Sequence[float]) -> list[float]:
    """Move labels apart that would stand on each other, from the top one down."""
    order = sorted(range(len(ends)), key=lambda i: ends[i])
    placed = list(ends)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + APART)
    return placed


def _in_words(drawn: Sequence[tuple[int, Sequence[Point]]], forecast: StudyForecast) -> str:
    ends = [
        f"{count_of(annotators, 'annotator')} reach {100 * points[-1].chance:.0f} % with "
        f"{format_count(points[-1].votes)} votes"
        for annotators, points in drawn
    ]
    plan = f"The study as planned: {100 * forecast.chance:.0f} % with {format_count(forecast.design.votes)} votes"
    return "; ".join([plan, *ends]) + "."
