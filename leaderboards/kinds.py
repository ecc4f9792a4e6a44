"""What snapshots there are: by name, what computes one from the material and a seed, as values that JSON holds."""

from collections.abc import Callable
from typing import Any

from leaderboards.making import make_board
from leaderboards.material import Material

KINDS: dict[str, Callable[[Material, int], dict[str, Any]]] = {"board": make_board}
