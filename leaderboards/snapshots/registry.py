"""The kinds of snapshots: by name, the function that computes one from inputs and a seed, as values for JSON."""

from collections.abc import Callable
from typing import Any

from leaderboards.boards.analysis.analyse import compute_combined, compute_people, compute_trust
from leaderboards.boards.analysis.marked import compute_marks_seen
from leaderboards.boards.build import make_board
from leaderboards.boards.planning import compute_planning
from leaderboards.boards.small_large import compute_small_large
from leaderboards.data.inputs import BoardInputs

KINDS: dict[str, Callable[[BoardInputs, int], dict[str, Any]]] = {
    "board": make_board,
    "small-large": compute_small_large,
    "planning": compute_planning,
    "trust": compute_trust,
    "combined": compute_combined,
    "people": compute_people,
    "marks-seen": compute_marks_seen,
}
# Snapshots of these depend on the marks of errors as well.
OF_MARKS = frozenset({"marks-seen"})
