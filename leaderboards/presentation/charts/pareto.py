"""The Pareto chart: quality against cost, with the front of systems that no other beats."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.labels import padded, place_labels
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.marks import POINT, colour, interval_text, kind, names, points
from stats.decisions.pareto import pareto_front

NAME = "pareto"
HEIGHT = 360
LIGHTER = 0.45
# Of more systems, those on the front are drawn and the best of the others.
MOST_SYSTEMS = 30
# d3's prefixes changed to the usual ones: 1.1G parameters are 1.1B, 6G bytes are 6 GB.
LABELS = {
    "parameters": "replace(format(datum.value, '~s'), 'G', 'B')",
    "seconds": "format(datum.value, '~g') + ' s'",
    "price": "'$' + format(datum.value, '~g')",
    "memory": "replace(replace(format(datum.value, '~s'), 'G', ' G'), 'M', ' M') + 'B'",
}
# Factors of powers of ten; the first list with room on the axis is used.
FACTORS = ((1, 2, 5), (1, 3), (1,))


@dataclass(frozen=True)
class Costs:
    """What the horizontal axis shows. measure: A key of LABELS."""

    measure: str
    title: str


def pareto_chart(
    lines: Sequence[Mapping[str, Any]], quality: str, costs: Costs, *, lower_is_better: bool = False
) -> Chart:
    """Draw systems by cost and quality.

    A cost of 0 has no place on a logarithmic axis: such a system is a horizontal line that the others must exceed.

    Args:
        lines: Of study_charts.pareto_lines; a cost is None where it is unknown, 0 where there is none.
        lower_is_better: Whether a lower quality is better, so that the front is the lower edge.
    """
    title = f"{quality} against {costs.title.lower()}"
    plotted = [line for line in lines if line["quality"] is not None and line["cost"] is not None]
    if not plotted:
        return empty_chart(NAME, title, f"No system has both a {quality.lower()} and a known cost yet.")
    sign = -1.0 if lower_is_better else 1.0
    front = pareto_front(
        sign * np.array([line["quality"] for line in plotted], dtype=np.float64),
        np.array([line["cost"] for line in plotted], dtype=np.float64),
    )
    rows = [_row(line, on_front) for line, on_front in zip(plotted, front.tolist(), strict=True)]
    rows.sort(key=lambda row: (not row["front"], -sign * row["quality"]))
    rows = rows[:MOST_SYSTEMS]
    rows.sort(key=lambda row: (row["cost"], -sign * row["quality"]))
    columns = ("system", "regime", "size", "cost", "quality", "lower", "upper", "front")
    return Chart(
        NAME,
        title,
        _described(rows, quality, costs, len(plotted)),
        ("System", "Regime", "Size class", costs.title, quality, "Lower", "Upper", "On the front"),
        [["yes" if row[c] is True else "no" if row[c] is False else row[c] for c in columns] for row in rows],
        lambda look: _spec(rows, quality, costs, look),
    )


def _row(line: Mapping[str, Any], on_front: bool) -> dict[str, Any]:
    values = {name: line[name] for name in ("system", "cost", "quality", "lower", "upper")}
    interval = interval_text(line["lower"], line["upper"], line["interval_reason"], ".4g")
    return values | kind(line) | {"front": on_front, "interval": interval}


def _described(rows: Sequence[Mapping[str, Any]], quality: str, costs: Costs, of_systems: int) -> str:
    front = [row["system"] for row in rows if row["front"]]
    beaten = [row["system"] for row in rows if not row["front"]]
    text = f"{len(rows):,} systems by {costs.title.lower()} (across, logarithmic) and {quality.lower()} (up). "
    text += f"Beaten by none at their cost or less: {', '.join(front)}."
    if beaten:
        text += f" Drawn lighter, since another one is as good or better for no more: {', '.join(beaten)}."
    if of_systems > len(rows):
        text += f" Of {of_systems:,} systems, those beaten by none are drawn and the best of the others."
    return text


def _spec(rows: list[dict[str, Any]], quality: str, costs: Costs, look: Look) -> Spec:
    placed = [row for row in rows if row["cost"] > 0]
    free = [row for row in rows if row["cost"] == 0]
    # Fixed ends instead of Vega's "nice" ones: names are placed by the same scale as the points.
    up = {"type": "quantitative", "title": quality, "scale": {"domain": list(_heights(rows)), "nice": False}}
    if quality == "Rating":
        up |= {"axis": {"format": "d"}}
    across = _across(placed, costs, look)
    position = {"x": across | {"field": "cost"}, "y": up | {"field": "quality"}}
    layers = [*_free(free, up, look), *(_placed(rows, position, up, quality, look) if placed else [])]
    return {"height": HEIGHT, "layer": layers}


def _across(placed: Sequence[Mapping[str, Any]], costs: Costs, look: Look) -> dict[str, Any]:
    lowest, highest = _range(placed)
    return {
        "type": "quantitative",
        "title": f"{costs.title} (log scale)",
        "scale": {"type": "log", "domain": [lowest, highest], "nice": False},
        "axis": {"labelExpr": LABELS[costs.measure], "values": _ticks(lowest, highest, look)},
    }


def _range(placed: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the ends of the cost axis: 1.6 times beyond the values, or three times where that is narrow."""
    values = [row["cost"] for row in placed] or [1.0]
    low, high = min(values) / 1.6, max(values) * 1.6
    return (low, high) if high / low > 9 else (min(values) / 3, max(values) * 3)


def _ticks(low: float, high: float, look: Look) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in FACTORS:
        ticks = [float(f"{factor}e{exponent}") for exponent in exponents for factor in factors]
        shown = [tick for tick in ticks if low <= tick <= high]
        if len(shown) <= look.width // 55:
            break
    return shown


def _heights(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    return padded([row[name] for row in rows for name in ("quality", "lower", "upper") if row[name] is not None])


def _placed(
    rows: list[dict[str, Any]], position: dict[str, Any], up: dict[str, Any], quality: str, look: Look
) -> list[Spec]:
    """Draw the systems with a cost. rows: All systems, because no name may hide another one's."""
    placed = [row for row in rows if row["cost"] > 0]
    weight = {"condition": {"test": "datum.front", "value": 1}, "value": LIGHTER}
    labelled = _labelled(rows, placed, up["scale"]["domain"], look)
    data = {"values": labelled}
    systems = points(placed, position | {"tooltip": _tooltip(quality, position["x"]["title"])}, look)
    return [
        _front_line(placed, position, look),
        _intervals(data, position, up, colour(placed, look), weight),
        # An opaque background, so that nothing shows through what is drawn lighter.
        {
            "data": data,
            "mark": {"type": "circle", "size": 0.7 * POINT, "color": look.colours.surface, "opacity": 1},
            "encoding": position,
        },
        {"data": data, "mark": systems["mark"], "encoding": systems["encoding"] | {"opacity": weight}},
        *names(labelled, position, look),
    ]


def _front_line(placed: Sequence[Mapping[str, Any]], position: dict[str, Any], look: Look) -> Spec:
    return {
        "data": {"values": _steps(placed)},
        "mark": {"type": "line", "interpolate": "step-after", "color": look.colours.muted, "strokeDash": [5, 3]},
        "encoding": position,
    }


def _intervals(
    data: Spec, position: dict[str, Any], up: dict[str, Any], coloured: dict[str, Any], weight: dict[str, Any]
) -> Spec:
    ends = {"y": up | {"field": "lower"}, "y2": {"field": "upper"}}
    return {
        "data": data,
        "transform": [{"filter": "isValid(datum.lower)"}],
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": position | ends | {"color": coloured, "opacity": weight},
    }


def _free(free: list[dict[str, Any]], up: dict[str, Any], look: Look) -> list[Spec]:
    """Draw a horizontal line for each system without a cost, with its name at the left end."""
    if not free:
        return []
    data = {"values": [row | {"text": f"{row['system']}: no cost"} for row in free]}
    height = {"y": up | {"field": "quality"}}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "strokeDash": [2, 4], "strokeWidth": 1.5, "color": look.colours.muted},
            "encoding": height,
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "left", "baseline": "bottom", "dy": -3, "color": look.colours.muted},
            "encoding": height | {"x": {"value": 4}, "text": {"field": "text"}},
        },
    ]


def _steps(placed: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return the corners of the front, from its cheapest system to the right end of the axis."""
    front = [{"cost": row["cost"], "quality": row["quality"]} for row in placed if row["front"]]
    return [*front, {"cost": _range(placed)[1], "quality": front[-1]["quality"]}] if front else []


def _labelled(
    rows: Sequence[Mapping[str, Any]], placed: list[dict[str, Any]], heights: Sequence[float], look: Look
) -> list[dict[str, Any]]:
    (low, high), (bottom, top) = np.log(_range(placed)), heights

    def x(cost: float) -> float:
        return look.width * float((np.log(cost) - low) / (high - low))

    def y(value: float) -> float:
        return HEIGHT * (top - value) / (top - bottom)

    intervals = [
        (x(row["cost"]), y(row["upper"]), x(row["cost"]), y(row["lower"])) for row in placed if row["lower"] is not None
    ]
    steps = [(x(step["cost"]), y(step["quality"])) for step in _steps(placed)]
    level = [(left, height, right, height) for (left, height), (right, _) in pairwise(steps)]
    upright = [(right, above, right, below) for (_, below), (right, above) in pairwise(steps)]
    free = [(0, y(row["quality"]) - 16, look.width / 2, y(row["quality"])) for row in rows if row["cost"] == 0]
    places = place_labels(
        [(x(row["cost"]), y(row["quality"])) for row in placed],
        [row["system"] for row in placed],
        width=look.width,
        height=HEIGHT,
        lines=[*intervals, *level, *upright, *free],
    )
    return [row | {"label": place} for row, place in zip(placed, places, strict=True)]


def _tooltip(quality: str, cost: str) -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "cost", "type": "quantitative", "format": ".3~s", "title": cost.removesuffix(" (log scale)")},
        {"field": "quality", "type": "quantitative", "format": ".4~g", "title": quality},
        {"field": "interval", "title": "95 % interval"},
    ]
