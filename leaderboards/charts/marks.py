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


# Around a point: align, baseline, dx, dy.
PLACES: dict[str, tuple[str, str, int, int]] = {
    "right": ("left", "middle", 10, 0),
    "left": ("right", "middle", -10, 0),
    "above": ("center", "bottom", 0, -10),
    "below": ("center", "top", 0, 10),
}


def names(encoding: Encoding) -> list[dict[str, Any]]:
    """Each name where `label` says; positions are the encoding's x and y."""
    return [
        {
            "transform": [{"filter": f"datum.label === '{place}'"}],
            "mark": {"type": "text", "align": align, "baseline": baseline, "dx": dx, "dy": dy},
            "encoding": {**encoding, "text": {"field": "system"}},
        }
        for place, (align, baseline, dx, dy) in PLACES.items()
    ]
