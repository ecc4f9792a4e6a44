"""The scatter chart: one value of each system against another, such as a metric's mean against the rating."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.labels import padded, place_labels
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.marks import colour, kind, names, points

NAME = "scatter"
HEIGHT = 340


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Attributes:
        field: Of the lines.
        lower, upper: The fields of its interval; "" without one.
    """

    field: str
    title: str
    lower: str = ""
    upper: str = ""


def scatter_chart(lines: Sequence[Mapping[str, Any]], x: Axis, y: Axis, *, title: str = "", remark: str = "") -> Chart:
    """Draw systems by two values.

    lines: A board's, or others with system, regime, size_class and the fields of the axes.
    remark: Follows the description, such as a correlation with its interval.
    """
    title = title or f"{y.title} against {x.title}"
    plotted = [line for line in lines if line[x.field] is not None and line[y.field] is not None]
    if not plotted:
        return empty_chart(NAME, title, f"No system has both: {x.title} and {y.title}.")
    rows = [
        {"system": line["system"], **kind(line), **_values("x", x, line), **_values("y", y, line)} for line in plotted
    ]
    left_out = len(lines) - len(plotted)
    return Chart(
        NAME,
        title,
        f"{len(rows):,} systems by {x.title} (across) and {y.title} (up)."
        + (f" {left_out} without one of the two left out." if left_out else "")
        + (f" {remark}" if remark else ""),
        ("System", "Regime", "Size class", x.title, y.title),
        [[row[name] for name in ("system", "regime", "size", "x", "y")] for row in rows],
        lambda look: _spec(rows, x, y, look),
    )


def _values(letter: str, axis: Axis, line: Mapping[str, Any]) -> dict[str, Any]:
    values = {letter: line[axis.field]}
    if axis.lower and line[axis.lower] is not None:
        values |= {f"{letter}_lower": line[axis.lower], f"{letter}_upper": line[axis.upper]}
    return values


def _spec(rows: list[dict[str, Any]], x: Axis, y: Axis, look: Look) -> Spec:
    # Fixed ends instead of Vega's "nice" ones: names are placed by the same scale as the points.
    ends = {letter: padded(_all(rows, letter)) for letter in "xy"}
    across = {"type": "quantitative", "title": x.title, "scale": {"domain": list(ends["x"]), "nice": False}}
    up = {"type": "quantitative", "title": y.title, "scale": {"domain": list(ends["y"]), "nice": False}}
    position = {"x": across | {"field": "x"}, "y": up | {"field": "y"}}
    coloured = colour(rows, look)
    interval = {"type": "rule", "strokeWidth": 1.5, "opacity": 0.45}
    labelled = _labelled(rows, ends, look)
    return {
        "data": {"values": labelled},
        "height": HEIGHT,
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.x_lower)"}],
                "mark": interval,
                "encoding": position
                | {"x": across | {"field": "x_lower"}, "x2": {"field": "x_upper"}, "color": coloured},
            },
            {
                "transform": [{"filter": "isValid(datum.y_lower)"}],
                "mark": interval,
                "encoding": position | {"y": up | {"field": "y_lower"}, "y2": {"field": "y_upper"}, "color": coloured},
            },
            points(rows, {**position, "tooltip": _tooltip(x, y)}, look),
            *names(labelled, position, look),
        ],
    }


def _all(rows: Sequence[Mapping[str, Any]], letter: str) -> list[float]:
    return [row[name] for row in rows for name in (letter, f"{letter}_lower", f"{letter}_upper") if name in row]


def _labelled(rows: list[dict[str, Any]], ends: Mapping[str, tuple[float, float]], look: Look) -> list[dict[str, Any]]:
    def at(row: Mapping[str, Any], x: str, y: str) -> tuple[float, float]:
        (left, right), (bottom, top) = ends["x"], ends["y"]
        return look.width * (row[x] - left) / (right - left), HEIGHT * (top - row[y]) / (top - bottom)

    level = [(*at(row, "x_lower", "y"), *at(row, "x_upper", "y")) for row in rows if "x_lower" in row]
    upright = [(*at(row, "x", "y_upper"), *at(row, "x", "y_lower")) for row in rows if "y_lower" in row]
    places = place_labels(
        [at(row, "x", "y") for row in rows],
        [row["system"] for row in rows],
        width=look.width,
        height=HEIGHT,
        lines=[*level, *upright],
    )
    return [row | {"label": place} for row, place in zip(rows, places, strict=True)]


def _tooltip(x: Axis, y: Axis) -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "x", "type": "quantitative", "format": ".4~g", "title": x.title},
        {"field": "y", "type": "quantitative", "format": ".4~g", "title": y.title},
    ]
