"""The win matrix: how often each system beats each other one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.look import Look
from lib.numbers import format_percent
from stats.ratings.win_rates import WinRates

NAME, TITLE = "win-matrix", "Win rates, row against column"
# A larger matrix cannot be read and takes seconds to draw; the table has all of it.
MOST_SYSTEMS = 25


def win_matrix_chart(rates: WinRates, systems: Sequence[str], order: Sequence[str]) -> Chart:
    """Draw the systems that have votes. order: The systems from the top."""
    number = {system: i for i, system in enumerate(systems)}
    voted = [system for system in order if rates.votes[number[system]].sum()]
    if not voted:
        return empty_chart(NAME, TITLE, "No votes yet.")
    shares = {
        name: np.round(array, 12).tolist()
        for name, array in (("rate", rates.rate), ("lower", rates.lower), ("upper", rates.upper))
    }
    votes = rates.votes.tolist()
    rows = [
        _cell(system, against, number[system], number[against], shares, votes)
        for system in voted
        for against in voted
        if votes[number[system]][number[against]]
    ]
    shown = voted[:MOST_SYSTEMS]
    left_out = f" Drawn are the first {MOST_SYSTEMS} of {len(voted):,} systems." if len(voted) > MOST_SYSTEMS else ""
    return Chart(
        NAME,
        TITLE,
        "How often the system of a row was preferred to the system of a column, ties and both bad half; 95 % Wilson "
        f"intervals and counts in the table. {_widest(rows)}{left_out}",
        ("System", "Against", "Win rate", "Lower", "Upper", "Votes"),
        [[row[name] for name in ("system", "against", "rate", "lower", "upper", "votes")] for row in rows],
        lambda look: _spec(rows, shown, look),
        not_drawn=left_out.strip(),
    )


def _cell(
    system: str, against: str, i: int, j: int, shares: Mapping[str, list[list[float]]], votes: list[list[int]]
) -> dict[str, Any]:
    of_pair = {name: array[i][j] for name, array in shares.items()}
    return {"system": system, "against": against, **of_pair, "votes": int(votes[i][j])}


def _widest(rows: Sequence[dict[str, Any]]) -> str:
    most = max(rows, key=lambda row: row["rate"])
    share = f"{format_percent(most['rate'])} of {most['votes']:,} votes"
    return f"The clearest: {most['system']} against {most['against']}, {share}."


def _spec(rows: list[dict[str, Any]], shown: Sequence[str], look: Look) -> Spec:
    drawn = [row for row in rows if row["system"] in shown and row["against"] in shown]
    names = {"type": "nominal", "sort": list(shown)}
    side = max(28 if look.narrow else 22, min(64, look.width // max(4, len(shown) + 2)))
    return {
        "data": {"values": drawn},
        "width": {"step": side},
        "height": {"step": min(side, 34)},
        "encoding": {
            "y": names | {"field": "system", "title": None},
            "x": names | {"field": "against", "title": "against", "axis": {"orient": "top", "labelAngle": -45}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": look.colours.line},
                "encoding": {"color": _colour(look), "tooltip": _tooltip()},
            },
            {
                "mark": {"type": "text", "color": look.colours.text, "fontSize": 10 if look.narrow else 12},
                "encoding": {"text": {"field": "rate", "type": "quantitative", "format": ".0%"}},
            },
        ],
    }


def _colour(look: Look) -> dict[str, Any]:
    colours = look.colours
    return {
        "field": "rate",
        "type": "quantitative",
        "title": "Win rate",
        "scale": {
            "domain": [0, 0.5, 1],
            "range": [colours.low, colours.middle, colours.high],
            "interpolate": "rgb",
        },
        "legend": {"format": ".0%", "gradientLength": 160},
    }


def _tooltip() -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "against", "title": "Against"},
        *({"field": name, "type": "quantitative", "format": ".1%"} for name in ("rate", "lower", "upper")),
        {"field": "votes", "type": "quantitative", "format": ","},
    ]
