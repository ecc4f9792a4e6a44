"""The widths chart: width of the intervals against the number of votes, so far and as a forecast."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.look import Look
from lib.numbers import format_count, format_whole

NAME, TITLE = "widths", "Width of the intervals against votes"
# The forecast ends at this many times the present votes.
AHEAD = 4
STEPS = 13
SO_FAR, FORECAST = "so far", "forecast"


def widths_chart(data: Mapping[str, Any]) -> Chart:
    """Draw the widths so far and the forecast. data: Of compute_planning."""
    if not data["widths"]:
        why = "No votes yet." if not data["votes"] else "Too few votes for intervals."
        return empty_chart(NAME, TITLE, why)
    rows = [*({**row, "what": SO_FAR, "measured": True} for row in data["widths"]), *_forecast(data["widths"][-1])]
    last = data["widths"][-1]
    return Chart(
        NAME,
        TITLE,
        "Median width of the systems' 95 % intervals after parts of the votes, drawn at random: "
        f"{format_whole(last['median'])} points after {format_count(last['votes'])} votes. Dashed: a forecast, in "
        "which widths shrink with the root of the votes, as they do if documents and annotators grow along; half the "
        "width takes four times the votes.",
        ("Votes", "Median width", "Narrowest", "Widest", "What"),
        [[row[name] for name in ("votes", "median", "narrowest", "widest", "what")] for row in rows],
        lambda look: _spec(rows, look),
    )


def _forecast(last: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "votes": round(last["votes"] * times),
            **{name: last[name] / np.sqrt(times) for name in ("median", "narrowest", "widest")},
            "what": FORECAST,
        }
        for times in np.geomspace(1, AHEAD, STEPS).tolist()
    ]


def _spec(rows: list[dict[str, Any]], look: Look) -> Spec:
    votes = {"field": "votes", "type": "quantitative", "title": "Votes", "axis": {"tickCount": 3 if look.narrow else 8}}
    up = {"type": "quantitative", "title": "Width in rating points"}
    dashes = {"domain": [SO_FAR, FORECAST], "range": [[1, 0], [6, 4]]}
    what = {"field": "what", "type": "nominal", "title": "Median of the systems", "scale": dashes}
    measured = [{"filter": "datum.measured"}]
    return {
        "data": {"values": rows},
        "height": 260,
        "encoding": {"x": votes},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.12, "color": look.colours.accent},
                "encoding": {"y": up | {"field": "narrowest"}, "y2": {"field": "widest"}, "detail": {"field": "what"}},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {"y": up | {"field": "median"}, "strokeDash": what},
            },
            {
                "transform": measured,
                "mark": {"type": "point", "filled": True, "size": 60, "color": look.colours.accent},
                "encoding": {"y": up | {"field": "median"}, "tooltip": _tooltip()},
            },
        ],
    }


def _tooltip() -> list[dict[str, str]]:
    return [
        {"field": "votes", "type": "quantitative", "format": ",", "title": "Votes"},
        *(
            {"field": name, "type": "quantitative", "format": ".0f", "title": title}
            for name, title in (("median", "Median width"), ("narrowest", "Narrowest"), ("widest", "Widest"))
        ),
    ]
