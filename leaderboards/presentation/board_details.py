"""What a board shows further down, ready to print: other intervals, votes still needed, win rates of every pair."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from leaderboards.presentation.board_table import UNDEFINED
from stats.uncertainty.proportions import wilson_interval

# More rows than this make a page slow and nobody wiser; the JSON has them all.
MOST_SYSTEMS = 40


@dataclass(frozen=True)
class IntervalRow:
    """ranks: those left open for all systems at once. reasons: of what is undefined, each once."""

    system: str
    ranks: str
    together: str
    single: str
    equal_length: str
    reasons: list[str]


def other_intervals(board: dict[str, Any]) -> list[IntervalRow]:
    return [
        IntervalRow(
            system=line["system"],
            ranks=_from_to(line, "rank_best", "rank_worst"),
            together=_from_to(line, "all_lower", "all_upper"),
            single=_from_to(line, "iid_lower", "iid_upper"),
            equal_length=_equal_length(line),
            reasons=_reasons(line, "rank_best", "all_lower", "iid_lower", "equal_length_rating"),
        )
        for line in board["systems"]
        if line["rating"] is not None
    ]


def _from_to(line: dict[str, Any], first: str, last: str) -> str:
    low, high = line[first], line[last]
    if low is None or high is None:
        return UNDEFINED
    return f"{low:.0f}" if f"{low:.0f}" == f"{high:.0f}" and first == "rank_best" else f"{low:.0f}–{high:.0f}"


def _equal_length(line: dict[str, Any]) -> str:
    rating = line.get("equal_length_rating")
    return (
        UNDEFINED if rating is None else f"{rating:.0f} ({_from_to(line, 'equal_length_lower', 'equal_length_upper')})"
    )


def _reasons(line: dict[str, Any], *fields: str) -> list[str]:
    return list(dict.fromkeys(line["reasons"][field] for field in fields if field in line["reasons"]))


@dataclass(frozen=True)
class NeighbourRow:
    """needed: votes in all; answer: whether the votes there are suffice, or why nobody can say."""

    better: str
    worse: str
    gap: str
    needed: str
    answer: str


def neighbour_rows(board: dict[str, Any]) -> list[NeighbourRow]:
    return [
        NeighbourRow(
            better=one["better"],
            worse=one["worse"],
            gap=f"{one['gap']:.0f}",
            needed=UNDEFINED if one["votes_needed"] is None else f"{one['votes_needed']:,}",
            answer=_answer(one),
        )
        for one in board["neighbours"]
    ]


def _answer(one: dict[str, Any]) -> str:
    if one["reason"]:
        return str(one["reason"])
    return f"{one['votes_more']:,} more than now" if one["votes_more"] else "enough"


@dataclass(frozen=True)
class WinCell:
    """text: the share of votes won; votes: how many, 0 where the two never met; range: 95 % Wilson interval."""

    text: str
    votes: int
    range: str


@dataclass(frozen=True)
class WinRow:
    system: str
    cells: list[WinCell | None]  # None on the diagonal


def win_matrix(board: dict[str, Any]) -> list[WinRow]:
    """Row against column, in the order of the board."""
    wins, votes = (np.array(board["wins"][name], dtype=np.float64) for name in ("wins", "votes"))
    if not wins.size:
        return []
    lower, upper = wilson_interval(wins, votes)

    def cell(i: int, j: int) -> WinCell | None:
        if i == j:
            return None
        if not votes[i, j]:
            return WinCell(UNDEFINED, 0, "")
        return WinCell(
            f"{wins[i, j] / votes[i, j]:.0%}", int(votes[i, j]), f"{100 * lower[i, j]:.0f}–{upper[i, j]:.0%}"
        )

    systems = board["wins"]["systems"]
    return [WinRow(system, [cell(i, j) for j in range(len(systems))]) for i, system in enumerate(systems)]
