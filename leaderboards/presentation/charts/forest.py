"""The forest chart: ratings with their intervals, one line for each system."""

from typing import Any

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.marks import colour, interval_text, kind, points
from lib.numbers import format_whole
from stats.votes.least import LEAST

NAME, TITLE = "forest", "Ratings with 95 % intervals"
STEP = 26
# More lines than these are higher than a page of a paper; the table has all of them.
MOST_SYSTEMS = 60


def forest_chart(board: dict[str, Any]) -> Chart:
    """Draw the rated systems of a board, the highest rating at the top."""
    lines = [line for line in board["systems"] if line["rating"] is not None]
    if not lines:
        return empty_chart(NAME, TITLE, _why_empty(board))
    rows = [
        {
            "system": line["system"],
            **kind(line),
            "rating": line["rating"],
            "lower": line["rating_lower"],
            "upper": line["rating_upper"],
            "interval": interval_text(
                line["rating_lower"], line["rating_upper"], line["reasons"].get("rating_lower", "")
            ),
        }
        for line in lines
    ]
    return Chart(
        NAME,
        TITLE,
        _described(rows),
        ("System", "Regime", "Size class", "Rating", "Lower", "Upper"),
        [[row[name] for name in ("system", "regime", "size", "rating", "lower", "upper")] for row in rows],
        lambda look: _spec(rows[:MOST_SYSTEMS], look),
        not_drawn=_not_drawn(len(rows)),
    )


def _described(rows: list[dict[str, Any]]) -> str:
    ratings = "Rating of each system with its 95 % interval, highest first: " + "; ".join(
        f"{row['system']} {format_whole(row['rating'])} {_interval(row)}" for row in rows[:MOST_SYSTEMS]
    )
    left_out = _not_drawn(len(rows))
    return f"{left_out} {ratings}" if left_out else ratings


def _not_drawn(n_rated: int) -> str:
    return f"Drawn are the first {MOST_SYSTEMS} of {n_rated:,} systems." if n_rated > MOST_SYSTEMS else ""


def _why_empty(board: dict[str, Any]) -> str:
    if not board["votes"]:
        return "No votes yet."
    if any(line.get("too_few") for line in board["systems"]):
        return f"Too few to say: a system is rated from {LEAST} on."
    return "The votes do not connect all systems."


def _interval(row: dict[str, Any]) -> str:
    if row["lower"] is None:
        return "(no interval)"
    return f"({format_whole(row['lower'])} to {format_whole(row['upper'])})"


def _spec(rows: list[dict[str, Any]], look: Look) -> Spec:
    order = [row["system"] for row in rows]
    across = {
        "type": "quantitative",
        "title": "Rating",
        "scale": {"zero": False, "nice": True},
        "axis": {"format": "d"},
    }
    system = {"field": "system", "type": "nominal", "sort": order, "title": None, "axis": {"grid": True}}
    return {
        "data": {"values": rows},
        "height": STEP * len(rows),
        "encoding": {"y": system},
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.lower)"}],
                "mark": {"type": "rule", "strokeWidth": 2.5, "opacity": 0.6},
                "encoding": {"x": across | {"field": "lower"}, "x2": {"field": "upper"}, "color": colour(rows, look)},
            },
            points(rows, {"x": across | {"field": "rating"}, "tooltip": _tooltip()}, look),
        ],
    }


def _tooltip() -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "rating", "type": "quantitative", "format": ".0f", "title": "Rating"},
        {"field": "interval", "title": "95 % interval"},
    ]
