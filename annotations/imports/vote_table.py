"""Votes of a file as columns of numbers: some 80 bytes a vote, where objects take 4,000."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.imports.ratings_file import GivenVote
from annotations.models import JudgeType, Outcome

Rows = NDArray[np.void]
Numbers = NDArray[np.int64]

OUTCOMES = (Outcome.A.value, Outcome.B.value, Outcome.TIE.value, Outcome.BOTH_BAD.value)
SIDES = ("", "a", "b")
CODE_OF = {outcome: code for code, outcome in enumerate(OUTCOMES)}
SIDE_OF = {side: code for code, side in enumerate(SIDES)}
NONE = -1  # of a number that the line does not have; none of them is negative
HALF = (1 << 64) - 1

# comparison: its number in Places, NONE where the study has no such; judge: the number of the name in the file;
# criterion: its number in the study. outcome and side are in the comparison's own order.
VOTE = np.dtype(
    [
        *(("row", np.int64), ("comparison", np.int64), ("judge", np.int32), ("criterion", np.int32)),
        *(("outcome", np.int8), ("side", np.int8), ("strength", np.int8), ("llm", np.bool_), ("excluded", np.bool_)),
        *(("lead_ms", np.int64), ("active_ms", np.int64), ("given_us", np.int64)),
        *(("probability", np.float64), ("drawn_from", np.int64)),
        *(("has_id", np.bool_), ("id_high", np.uint64), ("id_low", np.uint64)),
    ]
)


def vote_columns(votes: Sequence[GivenVote], judges: Mapping[str, int]) -> Rows:
    """Return what the lines say, each outcome and side as the line has it; comparison and criterion are still open."""
    columns = np.zeros(len(votes), VOTE)
    columns["row"] = [vote.row for vote in votes]
    columns["judge"] = [judges[vote.judge] for vote in votes]
    columns["outcome"] = [CODE_OF[vote.outcome] for vote in votes]
    columns["side"] = [SIDE_OF[vote.shown_left] for vote in votes]
    columns["llm"] = [vote.judge_type == JudgeType.LLM for vote in votes]
    columns["excluded"] = [vote.excluded for vote in votes]
    columns["strength"] = [vote.strength or NONE for vote in votes]
    columns["lead_ms"] = [NONE if vote.lead_time_ms is None else vote.lead_time_ms for vote in votes]
    columns["active_ms"] = [NONE if vote.active_ms is None else vote.active_ms for vote in votes]
    columns["given_us"] = [NONE if vote.given_us is None else vote.given_us for vote in votes]
    columns["probability"] = [vote.probability or NONE for vote in votes]
    columns["drawn_from"] = [vote.drawn_from or NONE for vote in votes]
    ids = [vote.id.int if vote.id else NONE for vote in votes]
    columns["has_id"] = [number != NONE for number in ids]
    columns["id_high"] = [max(number, 0) >> 64 for number in ids]
    columns["id_low"] = [max(number, 0) & HALF for number in ids]
    return columns


def swap_sides(columns: Rows, swapped: NDArray[np.bool_]) -> None:
    """Turn the votes round whose line calls a what is b of the comparison."""
    won = swapped & (columns["outcome"] < CODE_OF["tie"])
    columns["outcome"][won] = 1 - columns["outcome"][won]
    shown = swapped & (columns["side"] > 0)
    columns["side"][shown] = 3 - columns["side"][shown]


def repeated(keys: Sequence[NDArray[Any]], rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return which entries have the keys of an earlier one, and for each of them the first that has them."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.lexsort((rows, *keys))
    same = np.ones(len(order), np.bool_)
    same[0] = False
    for key in keys:
        in_order = key[order]
        same[1:] &= in_order[1:] == in_order[:-1]
    begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    return order[same], order[begins[same]]


def combined(sizes: Sequence[int], *numbers: NDArray[Any]) -> Numbers:
    """Return one key for several numbers; sizes: beyond the largest of each but the first."""
    key = numbers[0].astype(np.int64)
    for size, more in zip(sizes, numbers[1:], strict=True):
        key = key * size + more
    return key


def positions(sought: NDArray[Any], sorted_keys: NDArray[Any]) -> Numbers:
    """Return where each value stands in a sorted array, the last place of several; NONE if nowhere."""
    if not len(sorted_keys):
        return np.full(len(sought), NONE, np.int64)
    at = np.searchsorted(sorted_keys, sought, side="right") - 1
    return np.where((at >= 0) & (sorted_keys[at] == sought), at, NONE)


def matches(sought: Sequence[NDArray[Any]], key_columns: Sequence[NDArray[Any]]) -> Numbers:
    """Return for each combination of keys where it is among the known ones; NONE if nowhere."""
    values = [np.unique(column) for column in key_columns]
    sizes = [len(column) for column in values[1:]]
    key = combined(sizes, *(positions(column, of) for column, of in zip(key_columns, values, strict=True)))
    numbers = [positions(column, of) for column, of in zip(sought, values, strict=True)]
    order = np.argsort(key)
    at = positions(combined(sizes, *numbers), key[order])
    is_match = np.all([number != NONE for number in numbers], axis=0) & (at != NONE)
    return np.where(is_match, order[at], NONE) if len(order) else at
