"""The matrix of differences: which systems of a board differ, and by how much."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboards.presentation.charts.chart import Chart, Spec, empty_chart
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.win_matrix import MOST_SYSTEMS
from stats.uncertainty.differences import Told

NAME, TITLE = "differences", "Which systems differ, row against column"
AHEAD, BEHIND, OPEN, TOO_FEW = "row is better", "row is worse", "not told apart", "too few to say"
WORDS = {Told.DIFFER: "differ", Told.OPEN: OPEN, Told.TOO_FEW: TOO_FEW}
COLUMNS = ("System", "Against", "Gap", "Lower", "Upper", "Do they differ?", "Reason")


def differences_chart(board: Mapping[str, Any]) -> Chart:
    """Draw the pairs of a board as a matrix; the table has the better system of each pair first."""
    differences = board["differences"]
    pairs, systems = differences["pairs"], differences["systems"]
    if not pairs:
        return empty_chart(NAME, TITLE, "No votes on two systems yet.")
    shown = systems[:MOST_SYSTEMS]
    left_out = len(systems) + differences["systems_left_out"] - len(shown)
    more = f" Drawn are the first {len(shown):,} of {len(shown) + left_out:,} systems." if left_out else ""
    return Chart(
        NAME,
        TITLE,
        f"{_counted(pairs)} Gaps are in points, their 95 % intervals hold for all pairs at once; all are in the "
        f"table.{more}",
        COLUMNS,
        [_row(pair) for pair in pairs],
        lambda look: _spec(pairs, shown, look),
        not_drawn=more.strip(),
    )


def _row(pair: Mapping[str, Any]) -> list[Any]:
    numbers = [pair["gap"], pair["lower"], pair["upper"]]
    return [pair["better"], pair["worse"], *numbers, WORDS[Told(pair["told"])], pair["reason"]]


def _counted(pairs: Sequence[Mapping[str, Any]]) -> str:
    differ = sum(pair["told"] == Told.DIFFER for pair in pairs)
    return f"{differ:,} of {len(pairs):,} pairs differ."


def _cells(pairs: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> list[dict[str, Any]]:
    """Return each pair twice, once from either side."""
    cells = []
    for pair in pairs:
        if pair["better"] not in shown or pair["worse"] not in shown:
            continue
        for sign, system, against in ((1, pair["better"], pair["worse"]), (-1, pair["worse"], pair["better"])):
            ends = [pair["lower"], pair["upper"]][::sign]
            lower, upper = (None if end is None else sign * end for end in ends)
            gap = None if pair["gap"] is None else sign * pair["gap"]
            cells.append(
                {"system": system, "against": against, "gap": gap, "lower": lower, "upper": upper}
                | {"what": _what(pair, sign), "text": _text(pair, gap)}
            )
    return cells


def _what(pair: Mapping[str, Any], sign: int) -> str:
    if pair["told"] == Told.DIFFER:
        return AHEAD if sign > 0 else BEHIND
    return WORDS[Told(pair["told"])]


def _text(pair: Mapping[str, Any], gap: float | None) -> str:
    """Write the gap of a pair that differs; a question mark, or a dash, tells the others also without colours."""
    if pair["told"] == Told.DIFFER and gap is not None:
        return f"{gap:+.0f}".replace("-", "\N{MINUS SIGN}")
    return "?" if pair["told"] == Told.OPEN else "\N{EM DASH}"


def _spec(pairs: Sequence[Mapping[str, Any]], shown: Sequence[str], look: Look) -> Spec:
    names = {"type": "nominal", "sort": list(shown)}
    side = max(28 if look.narrow else 34, min(64, look.width // max(4, len(shown) + 2)))
    return {
        "data": {"values": _cells(pairs, shown)},
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
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def _colour(look: Look) -> dict[str, Any]:
    colours = look.colours
    return {
        "field": "what",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": [AHEAD, BEHIND, OPEN, TOO_FEW],
            "range": [colours.high, colours.low, colours.middle, colours.line],
        },
        "legend": {"orient": "bottom", "columns": 1 if look.narrow else 4, "symbolStrokeColor": colours.muted},
    }


def _tooltip() -> list[dict[str, str]]:
    return [
        {"field": "system", "title": "System"},
        {"field": "against", "title": "Against"},
        *(
            {"field": name, "type": "quantitative", "format": "+.0f", "title": title}
            for name, title in (("gap", "Gap"), ("lower", "Lower"), ("upper", "Upper"))
        ),
        {"field": "what", "title": "Do they differ?"},
    ]
