"""Parts that several charts share: systems as points, their intervals, their names."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboards.presentation.charts.labels import PLACES
from leaderboards.presentation.charts.look import REGIMES, SIZE_CLASSES, Look

Encoding = dict[str, Any]
POINT, OUTLINE = 110, 2


def kind(line: Mapping[str, Any]) -> dict[str, str]:
    """Return what colour and shape say about a system."""
    return {"regime": line["regime"], "size": line["size_class"] or "no size"}


def colour(rows: Sequence[Mapping[str, Any]], look: Look) -> Encoding:
    """Encode the regime by colour."""
    names, colours = _regimes(rows, look)
    return _regime(names, colours)


def inside(rows: Sequence[Mapping[str, Any]], look: Look) -> dict[str, Encoding]:
    """Encode the regime by fill and dash as well as colour; shares the colour legend."""
    names, colours = _regimes(rows, look)
    not_full = {"zero-shot": look.colours.surface, "baseline": look.colours.surface, "human": look.colours.line}
    fills = [not_full.get(name, own) for name, own in zip(names, colours, strict=True)]
    dashes = [[2, 2] if name == "baseline" else [1, 0] for name in names]
    return {"fill": _regime(names, fills), "strokeDash": _regime(names, dashes)}


def _regime(names: list[str], values: Sequence[Any]) -> Encoding:
    return {
        "field": "regime",
        "type": "nominal",
        "title": "Regime",
        "scale": {"domain": names, "range": values},
        "legend": {"symbolType": "circle", "symbolOpacity": 1},
    }


def _regimes(rows: Sequence[Mapping[str, Any]], look: Look) -> tuple[list[str], list[str]]:
    regimes = {row["regime"] for row in rows}
    names = [name for name in REGIMES if name in regimes]
    return names, [look.colours.regimes[REGIMES.index(name)] for name in names]


def shape(rows: Sequence[Mapping[str, Any]], look: Look) -> Encoding:
    """Encode the size class by shape."""
    sizes = {row["size"] for row in rows}
    names = [name for name in SIZE_CLASSES if name in sizes]
    return {
        "field": "size",
        "type": "nominal",
        "title": "Size class",
        "scale": {"domain": names, "range": [SIZE_CLASSES[name] for name in names]},
        "legend": {"symbolStrokeColor": look.colours.muted, "symbolFillColor": "transparent"},
    }


def interval_text(lower: float | None, upper: float | None, why: str, form: str = ".0f") -> str:
    """Write an interval for a tooltip: Vega itself writes 0 for a missing bound."""
    if lower is None or upper is None:
        return f"none: {why}" if why else "none"
    return f"{lower:{form}} to {upper:{form}}"


def points(rows: Sequence[Mapping[str, Any]], encoding: Encoding, look: Look) -> dict[str, Any]:
    """Draw systems as points: the regime by colour, fill and outline, the size class by shape."""
    return {
        "mark": {"type": "point", "size": POINT, "strokeWidth": OUTLINE, "opacity": 1},
        "encoding": {**encoding, "color": colour(rows, look), **inside(rows, look), "shape": shape(rows, look)},
    }


def names(rows: Sequence[Mapping[str, Any]], encoding: Encoding, look: Look) -> list[dict[str, Any]]:
    """Draw each name at the place that `label` says, over a halo, so that no line strikes it through."""
    halo = {"stroke": look.colours.surface, "strokeWidth": 4, "strokeJoin": "round", "strokeOpacity": 0.85}
    return [
        {
            "data": {"values": [row for row in rows if row["label"] == place]},
            "mark": {"type": "text", "align": align, "baseline": baseline, "dx": dx, "dy": dy, **more},
            "encoding": {**encoding, "text": {"field": "system"}},
        }
        for more in (halo, {})
        for place, (align, baseline, dx, dy) in PLACES.items()
        if any(row["label"] == place for row in rows)
    ]
