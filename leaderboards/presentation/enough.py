"""Take figures from what people see where too little was said about a system; files and the API keep them.

stats.votes.least says what is too little, and why.
"""

from typing import Any

Board = dict[str, Any]

FIGURES = (
    *("rating", "rating_lower", "rating_upper", "rank", "rank_best", "rank_worst", "all_lower", "all_upper"),
    *("iid_lower", "iid_upper", "win_rate", "both_bad_rate"),
    *("equal_length_rating", "equal_length_lower", "equal_length_upper"),
    *("equal_style_rating", "equal_style_lower", "equal_style_upper"),
)


def in_numbers(board: Board) -> Board:
    """Return the board with a dash and the reason in place of figures that too few votes stand behind.

    Systems without figures come last, and no pair of neighbours has one of them. Where no system is left, nor are
    warnings about intervals.
    """
    lines = [_line(line) for line in board["systems"]]
    lines.sort(key=lambda line: line["rating"] is None)
    thin = {line["system"] for line in lines if line.get("too_few")}
    neighbours = [pair for pair in board.get("neighbours", []) if not {pair["better"], pair["worse"]} & thin]
    differences = _differences(board["differences"], lines) if "differences" in board else None
    of_intervals = board.get("interval_warnings", []) if all(line["rating"] is None for line in lines) else []
    warnings = [warning for warning in board.get("warnings", []) if warning not in of_intervals]
    shown = board | {"systems": lines, "neighbours": neighbours, "warnings": warnings}
    return shown | ({"differences": differences} if differences else {})


def _differences(differences: Board, lines: list[Board]) -> Board:
    """Leave the gap of a pair out where too little was said about one of the two, and say which."""
    thin = {line["system"]: line["too_few"] for line in lines if line.get("too_few")}

    def shown(pair: Board) -> Board:
        reasons = [f"{pair[side]}: {thin[pair[side]]}" for side in ("better", "worse") if pair[side] in thin]
        return pair | {"gap": None, "lower": None, "upper": None, "reason": reasons[0]} if reasons else pair

    return differences | {"pairs": [shown(pair) for pair in differences["pairs"]]}


def _line(line: Board) -> Board:
    if not line.get("too_few") or not line["votes"]:
        return line
    taken = [field for field in FIGURES if field in line]
    return line | dict.fromkeys(taken) | {"reasons": line["reasons"] | dict.fromkeys(taken, line["too_few"])}
