"""The progress chart: votes over time."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.look import Look
from lib.numbers import format_count

NAME, TITLE = "progress", "Votes over time"


def progress_chart(days: Sequence[tuple[date, int]]) -> Chart:
    """Draw the votes in all by day. days: Each day with votes, in order, with their number."""
    if not days:
        return empty_chart(NAME, TITLE, "No votes yet.")
    totals = list(accumulate(count for _, count in days))
    rows = [
        {"day": day.isoformat(), "votes": count, "total": total}
        for (day, count), total in zip(days, totals, strict=True)
    ]
    most = max(count for _, count in days)
    first, last = rows[0]["day"], rows[-1]["day"]
    votes, at_most = format_count(totals[-1]), format_count(most)
    said = (
        f"{votes} votes on {first}, added up by day; the most on one day: {at_most}."
        if first == last
        else f"{votes} votes from {first} to {last}, added up by day; the most on one day: {at_most}."
    )
    return Chart(
        NAME,
        TITLE,
        said,
        ("Day", "Votes", "Votes in all"),
        [[day.isoformat(), count, total] for (day, count), total in zip(days, totals, strict=True)],
        lambda look: _spec(rows, look),
    )


def _spec(rows: list[dict[str, object]], look: Look) -> Spec:
    tooltip = [
        {"field": "day", "type": "temporal", "format": "%-d %b %Y", "title": "Day"},
        {"field": "votes", "type": "quantitative", "format": ",", "title": "Votes"},
        {"field": "total", "type": "quantitative", "format": ",", "title": "In all"},
    ]
    return {
        "data": {"values": rows},
        "height": 240,
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None, "axis": {"grid": False, "format": "%-d %b"}},
            "y": {"field": "total", "type": "quantitative", "title": "Votes in all"},
        },
        "layer": [
            {"mark": {"type": "area", "interpolate": "step-after", "opacity": 0.15, "color": look.colours.accent}},
            {"mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2}},
            {
                "mark": {"type": "point", "filled": True, "size": 40, "color": look.colours.accent},
                "encoding": {"tooltip": tooltip},
            },
        ],
    }
