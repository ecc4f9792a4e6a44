"""The verdict of a study, for pages that list studies or report on one; it is that of the study's board."""

from collections.abc import Sequence

from django.db.models import Max

from annotations.models import Criterion, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.models import BoardSnapshot
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


def stored_verdicts(studies: Sequence[Study]) -> dict[int, BoardVerdict]:
    """Return the verdict on the first question of each study by the study's key, of those that have a stored board.

    Three queries for any number of studies; nothing is computed. Asks nobody whether they may see results.
    """
    first: dict[int, int] = {}
    for key, study in Criterion.objects.filter(study__in=studies).order_by("-position").values_list("pk", "study"):
        first[study] = key
    boards = BoardSnapshot.objects.filter(
        criterion__in=first.values(), kind="board", filters=DEFAULT.key, seed=0, code_version=CODE_VERSION
    )
    newest = boards.order_by().values("criterion").annotate(newest=Max("as_of")).values_list("criterion", "newest")
    times = dict(newest)
    rows = boards.filter(as_of__in=times.values()).order_by("pk")
    return {row.study_id: say_verdict(row.board) for row in rows if row.as_of == times[row.criterion_id]}
