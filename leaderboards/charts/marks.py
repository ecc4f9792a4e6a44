"""Pieces that several charts are made of: systems as points, their intervals, their names."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboards.charts.look import REGIMES, SIZE_CLASSES, Look

Encoding = dict[str, Any]
POINT = 110


def kind(line: Mapping[str, Any]) -> dict[str, str]:
    """What colour and shape say about a system."""
    return {"regime": line["regime"], "size": line["size_class"] or "no size"}


def colour(rows: Sequence[Mapping[str, Any]], look: Look) -> Encoding:
    there = {row["regime"] for row in rows}
    names = [name for name in REGIMES if name in there]
    colours = [look.colours.regimes[REGIMES.index(name)] for name in names]
    return {
        "field": "regime",
        "type": "nominal",
        "title": "Regime",
        "scale": {"domain": names, "range": colours},
        "legend": {"symbolType": "stroke", "symbolStrokeWidth": 4, "symbolOpacity": 1},
    }


def shape(rows: Sequence[Mapping[str, Any]], look: Look) -> Encoding:
    there = {row["size"] for row in rows}
    names = [name for name in SIZE_CLASSES if name in there]
    return {
        "field": "size",
        "type": "nominal",
        "title": "Size class",
        "scale": {"domain": names, "range": [SIZE_CLASSES[name] for name in names]},
        "legend": {"symbolStrokeColor": look.colours.muted, "symbolFillColor": "transparent"},
    }


def points(encoding: Encoding) -> dict[str, Any]:
    return {"mark": {"type": "point", "filled": True, "size": POINT, "opacity": 1}, "encoding": encoding}


# Around a point: align, baseline, dx, dy; labels.py chooses.
PLACES: dict[str, tuple[str, str, int, int]] = {
    "right": ("left", "middle", 10, 0),
    "left": ("right", "middle", -10, 0),
    "above": ("center", "bottom", 0, -10),
    "below": ("center", "top", 0, 10),
    "above right": ("left", "bottom", 5, -5),
    "below right": ("left", "top", 5, 5),
    "above left": ("right", "bottom", -5, -5),
    "below left": ("right", "top", -5, 5),
}


def names(rows: Sequence[Mapping[str, Any]], encoding: Encoding, look: Look) -> list[dict[str, Any]]:
    """Each name where `label` says, on a ground of its own so that a line behind it does not strike it through."""
    ground = {"stroke": look.colours.surface, "strokeWidth": 4, "strokeJoin": "round", "strokeOpacity": 0.85}
    return [
        {
            "data": {"values": [row for row in rows if row["label"] == place]},
            "mark": {"type": "text", "align": align, "baseline": baseline, "dx": dx, "dy": dy, **more},
            "encoding": {**encoding, "text": {"field": "system"}},
        }
        for more in (ground, {})
        for place, (align, baseline, dx, dy) in PLACES.items()
        if any(row["label"] == place for row in rows)
    ]
