"""Get the board of a study on one criterion, exactly as the votes and scores are now."""

from annotations.models import Criterion, Study
from leaderboards.boards.build import Board
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import Filters
from leaderboards.snapshots.store import compute

__all__ = ["CODE_VERSION", "Board", "get_board"]


def get_board(
    study: Study, criterion: Criterion, seed: int = 0, *, flagged: bool = True, filters: Filters | None = None
) -> Board:
    """Return the board of the votes and scores as they are now, from its snapshot where one is stored.

    This reads every vote; pages use serve.get_snapshot instead.

    flagged: Without filters, whether votes on summaries that name their system count.
    """
    filters = filters or Filters(flagged="in" if flagged else "out")
    board: Board = compute("board", study, criterion, filters, seed).board
    return board
