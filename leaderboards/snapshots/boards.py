"""The board of a study on one criterion, exactly as the votes and scores are now."""

from annotations.models import Criterion, Study
from leaderboards.boards.build import Board, make_board
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import gather
from leaderboards.snapshots.store import compute

__all__ = ["CODE_VERSION", "Board", "build_board", "get_board"]


def get_board(
    study: Study, criterion: Criterion, seed: int = 0, *, flagged: bool = True, filters: Filters | None = None
) -> Board:
    """The board of the votes and scores as they are now, from its snapshot where one is stored.

    It looks at every vote; a page asks snapshots.get_snapshot. flagged: where no filters are given, also votes on
    summaries that give their author away.
    """
    filters = filters or Filters(flagged="in" if flagged else "out")
    board: Board = compute("board", study, criterion, filters, seed).board
    return board


def build_board(study: Study, criterion: Criterion, seed: int = 0) -> Board:
    """The board as JSON-able values; undefined is None, with the reason under the system's "reasons"."""
    return make_board(gather(study, criterion), seed)
