"""One figure of each system against another, such as a metric's mean against the rating."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboards.charts.chart import Chart, Spec, nothing
from leaderboards.charts.labels import place_labels
from leaderboards.charts.look import Look
from leaderboards.charts.marks import colour, kind, names, points, shape

NAME = "scatter"
HEIGHT = 340


@dataclass(frozen=True)
class Axis:
    """field: of the lines; lower, upper: the fields of its interval, if it has one."""

    field: str
    title: str
    lower: str = ""
    upper: str = ""


def scatter(lines: Sequence[Mapping[str, Any]], x: Axis, y: Axis, *, title: str = "", remark: str = "") -> Chart:
    """lines: a board's, or anything with system, regime, size_class and the fields of the axes.

    remark: follows the description, such as a correlation with its interval.
    """
    title = title or f"{y.title} against {x.title}"
    known = [line for line in lines if line[x.field] is not None and line[y.field] is not None]
    if not known:
        return nothing(NAME, title, f"No system has both: {x.title} and {y.title}.")
    rows = [
        {"system": line["system"], **kind(line), **_values("x", x, line), **_values("y", y, line)} for line in known
    ]
    left_out = len(lines) - len(known)
    return Chart(
        NAME,
        title,
        f"{len(rows)} systems by {x.title} (across) and {y.title} (up)."
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
    across = {"type": "quantitative", "title": x.title, "scale": {"zero": False, "nice": True, "padding": 12}}
    up = {"type": "quantitative", "title": y.title, "scale": {"zero": False, "nice": True, "padding": 12}}
    position = {"x": across | {"field": "x"}, "y": up | {"field": "y"}}
    coloured = colour(rows, look)
    interval = {"type": "rule", "strokeWidth": 1.5, "opacity": 0.45}
    labelled = _labelled(rows, look)
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
            points({**position, "color": coloured, "shape": shape(rows, look), "tooltip": _tooltip(x, y)}),
            *names(labelled, position, look),
        ],
    }


def _labelled(rows: list[dict[str, Any]], look: Look) -> list[dict[str, Any]]:
    def placed(letter: str, length: float) -> list[float]:
        values = [row[letter] for row in rows]
        low, high = min(values), max(values)
        return [length * ((value - low) / (high - low) if high > low else 0.5) for value in values]

    across, up = placed("x", look.width), placed("y", HEIGHT)
    spots = [(x, HEIGHT - y) for x, y in zip(across, up, strict=True)]
    places = place_labels(spots, [row["system"] for row in rows], width=look.width, height=HEIGHT)
    return [row | {"label": place} for row, place in zip(rows, places, strict=True)]


def _tooltip(x: Axis, y: Axis) -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "x", "type": "quantitative", "format": ".4~g", "title": x.title},
        {"field": "y", "type": "quantitative", "format": ".4~g", "title": y.title},
    ]
