"""The verdict of a study, for pages that list studies or report on one; it is that of the study's board."""

from annotations.models import Criterion, Study
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.presentation.board_verdict import BoardVerdict, say_verdict
from leaderboards.snapshots.serve import get_snapshot, newest_snapshot


def study_verdict(
    study: Study, criterion: Criterion | None = None, filters: Filters = DEFAULT, *, compute: bool = True
) -> BoardVerdict | None:
    """Return the verdict on a question, the study's first if none is given; None while there is no board of it.

    Asks nobody whether they may see results: leaderboards.web.access does.

    compute: Bring a stale board up to date as the board's page does, in the request or by a worker. Lists leave that
        out: they show the newest board that is stored, at the cost of one row a study.
    """
    question = criterion or study.criteria.first()
    if question is None:
        return None
    if compute:
        snapshot = get_snapshot("board", study, question, filters).snapshot
    else:
        snapshot = newest_snapshot("board", study, question, filters)
    return None if snapshot is None else say_verdict(snapshot.board)
