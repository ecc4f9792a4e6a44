"""What snapshots there are: by name, what computes one from the material and a seed, as values that JSON holds."""

from collections.abc import Callable
from typing import Any

from leaderboards.boards.analysis.analyse import compute_combined, compute_trust
from leaderboards.boards.build import make_board
from leaderboards.boards.planning import planning
from leaderboards.boards.small_large import small_large
from leaderboards.data.inputs import Material

KINDS: dict[str, Callable[[Material, int], dict[str, Any]]] = {
    "board": make_board,
    "small-large": small_large,
    "planning": planning,
    "trust": compute_trust,
    "combined": compute_combined,
}
