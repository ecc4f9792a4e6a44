"""Details of a board, ready to print: other intervals, votes still needed, win rates of every pair."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from leaderboards.boards.style_controlled import FEATURES
from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.needed import say_needed, say_number
from lib.numbers import UNDEFINED, format_percent, format_whole
from stats.uncertainty.differences import Told
from stats.uncertainty.proportions import wilson_interval

# A larger table makes a page slow and helps nobody; the JSON has all of it.
MOST_SYSTEMS = 40


@dataclass(frozen=True)
class IntervalRow:
    """Ranks and intervals of a system beside those in the table.

    Attributes:
        ranks: Those left open for all systems at once.
        together: The interval that holds for all systems at once.
        single: The interval as if votes were independent.
        reasons: Why values are undefined, each reason once.
    """

    system: str
    ranks: str
    together: str
    single: str
    controlled: str
    reasons: list[str]


def other_intervals(board: dict[str, Any]) -> list[IntervalRow]:
    """Write the intervals of all rated systems."""
    control = "equal_style" if board.get("equal_style") else "equal_length"
    return [
        IntervalRow(
            system=line["system"],
            ranks=_from_to(line, "rank_best", "rank_worst"),
            together=_from_to(line, "all_lower", "all_upper"),
            single=_from_to(line, "iid_lower", "iid_upper"),
            controlled=_controlled(line, control),
            reasons=_reasons(line, "rank_best", "all_lower", "iid_lower", f"{control}_rating"),
        )
        for line in in_numbers(board)["systems"]
        if line["rating"] is not None
    ]


def _from_to(line: dict[str, Any], first: str, last: str) -> str:
    low, high = line[first], line[last]
    if low is None or high is None:
        return UNDEFINED
    if first == "rank_best" and low == high:
        return format_whole(low)
    return f"{format_whole(low)}–{format_whole(high)}"


def _controlled(line: dict[str, Any], control: str) -> str:
    rating = line.get(f"{control}_rating")
    if rating is None:
        return UNDEFINED
    return f"{format_whole(rating)} ({_from_to(line, f'{control}_lower', f'{control}_upper')})"


def _reasons(line: dict[str, Any], *fields: str) -> list[str]:
    return list(dict.fromkeys(line["reasons"][field] for field in fields if field in line["reasons"]))


@dataclass(frozen=True)
class StyleRow:
    """What one feature of style is worth, written out; a dash with a reason where that is undefined."""

    feature: str
    points: str
    interval: str
    reason: str


def style_rows(board: dict[str, Any]) -> list[StyleRow]:
    """Write the effects of style; none on a board without them."""
    control, thin = board.get("equal_style") or {"effects": []}, board.get("too_few")
    unknown = {"effect": None, "lower": None, "upper": None, "reason": thin} if thin else {}
    return [_style_row(effect | unknown) for effect in control["effects"]]


def _style_row(effect: dict[str, Any]) -> StyleRow:
    interval = UNDEFINED
    if effect["lower"] is not None:
        interval = f"{format_whole(effect['lower'])} to {format_whole(effect['upper'])}"
    return StyleRow(
        FEATURES[effect["feature"]].capitalize(), format_whole(effect["effect"]), interval, effect["reason"]
    )


@dataclass(frozen=True)
class NeighbourRow:
    """A pair of neighbours on the board.

    Attributes:
        needed: Votes needed in all to tell them apart.
        answer: What study that is, how sure that is, or why it is unknown.
    """

    better: str
    worse: str
    gap: str
    needed: str
    answer: str


def neighbour_rows(board: dict[str, Any]) -> list[NeighbourRow]:
    """Write the votes needed for each pair of neighbours, from the top."""
    return [
        NeighbourRow(
            better=pair["better"],
            worse=pair["worse"],
            gap=format_whole(pair["gap"]),
            needed=say_number(pair["votes_needed"]),
            answer=say_needed(pair),
        )
        for pair in in_numbers(board)["neighbours"]
    ]


@dataclass(frozen=True)
class DifferenceRow:
    """Two systems, the better one first, and what the votes say of them; a dash with the reason for what is unknown."""

    better: str
    worse: str
    gap: str
    interval: str
    told: str
    kind: str
    reason: str


def difference_rows(board: dict[str, Any]) -> list[DifferenceRow]:
    """Write every pair of the board's differences, in the order of the board."""
    return [_difference(pair) for pair in in_numbers(board)["differences"]["pairs"]]


def _difference(pair: dict[str, Any]) -> DifferenceRow:
    ends = pair["lower"], pair["upper"]
    interval = UNDEFINED if None in ends else f"{format_whole(ends[0])} to {format_whole(ends[1])}"
    told = Told(pair["told"])
    words = {Told.DIFFER: "they differ", Told.OPEN: "not told apart", Told.TOO_FEW: "too few to say"}
    kind = {Told.DIFFER: "differ", Told.OPEN: "open", Told.TOO_FEW: "few"}[told]
    return DifferenceRow(
        pair["better"], pair["worse"], format_whole(pair["gap"]), interval, words[told], kind, pair["reason"]
    )


@dataclass(frozen=True)
class WinCell:
    """How often one system beat another.

    Attributes:
        text: The share of votes won; a dash where they never met, or too little was said about one of them.
        votes: Number of votes, 0 where the two never met.
        range: 95 % Wilson interval of the share; "" with a dash.
    """

    text: str
    votes: int
    range: str


@dataclass(frozen=True)
class WinRow:
    """A system against every other one; None against itself."""

    system: str
    cells: list[WinCell | None]


def win_rows(board: dict[str, Any]) -> list[WinRow]:
    """Write the win rates, row against column, in the order of the board."""
    thin = {line["system"] for line in board["systems"] if line["too_few"]}
    systems = board["wins"]["systems"]
    wins, votes = (np.array(board["wins"][name], dtype=np.float64) for name in ("wins", "votes"))
    if not wins.size:
        return []
    lower, upper = wilson_interval(wins, votes)

    def cell(i: int, j: int) -> WinCell | None:
        if i == j:
            return None
        if not votes[i, j] or {systems[i], systems[j]} & thin:
            return WinCell(UNDEFINED, int(votes[i, j]), "")
        interval = f"{format_whole(100 * lower[i, j])}–{format_percent(upper[i, j])}"
        return WinCell(format_percent(wins[i, j] / votes[i, j]), int(votes[i, j]), interval)

    return [WinRow(system, [cell(i, j) for j in range(len(systems))]) for i, system in enumerate(systems)]
