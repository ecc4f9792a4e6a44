"""Pictures of a judge's page: its chances against what people say, and its agreement against people's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIDE, EDGE = 260, 36
LEAST = 0.5


@dataclass(frozen=True)
class ReliabilityPoint:
    """A bin of the reliability diagram, in units of the picture; lower and upper are None without an interval."""

    x: float
    y: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class ReliabilityDiagram:
    """The diagram: points, labels of both axes by place, and where chance and people agree."""

    points: list[ReliabilityPoint]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    diagonal: tuple[float, float, float, float]


@dataclass(frozen=True)
class ShareBar:
    """A share with its interval, as percentages of the width; lower and upper are None without an interval."""

    label: str
    x: float
    lower: float | None
    upper: float | None


def draw_reliability(bins: Sequence[Mapping[str, Any]]) -> ReliabilityDiagram | None:
    """Draw the bins that hold votes; None where there are none. Across is the judge's chance, from one half to 1."""
    if not bins:
        return None
    points = [
        ReliabilityPoint(_across(one["chance"]), _up(one["right"]["value"]), *_ends(one["right"], _up)) for one in bins
    ]
    halves = [(_across(share / 10), f"{10 * share}") for share in range(5, 11)]
    wholes = [(_up(share / 4), f"{25 * share}") for share in range(5)]
    return ReliabilityDiagram(points, halves, wholes, (_across(LEAST), _up(LEAST), _across(1), _up(1)))


def draw_agreement(report: Mapping[str, Any], labels: Mapping[str, str]) -> list[ShareBar]:
    """Draw each share that is known on one axis from 0 to 1."""
    return [
        ShareBar(label, _percent(report[name]["value"]), *_ends(report[name], _percent))
        for name, label in labels.items()
        if report[name]["value"] is not None
    ]


def _ends(figure: Mapping[str, Any], place: Any) -> tuple[float | None, float | None]:
    if figure["lower"] is None:
        return None, None
    return place(figure["lower"]), place(figure["upper"])


def _across(share: float) -> float:
    return round(EDGE + (SIDE - 2 * EDGE) * (share - LEAST) / (1 - LEAST), 1)


def _up(share: float) -> float:
    return round(SIDE - EDGE - (SIDE - 2 * EDGE) * share, 1)


def _percent(share: float) -> float:
    return round(2 + 96 * share, 2)
