"""The verdict of a study, for pages that list studies or report on one; it is that of the study's board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, OuterRef, QuerySet, Subquery

from annotations.models import Criterion, JudgementRevision, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.models import BoardSnapshot
from leaderboards.presentation.board_verdict import BoardVerdict, say_verdict
from leaderboards.snapshots.serve import get_snapshot, newest_snapshot
from leaderboards.snapshots.store import stored_snapshots


@dataclass(frozen=True)
class DatedVerdict:
    """A stored verdict with its age.

    Attributes:
        verdict: What the stored board says.
        as_of: When the votes were last looked at.
        has_newer_votes: Whether an answer was given, changed or withdrawn since.
    """

    verdict: BoardVerdict
    as_of: datetime
    has_newer_votes: bool


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


def dated_verdict(study: Study) -> DatedVerdict | None:
    """Return the newest stored verdict on the study's first question with its age; None while there is no board of it.

    Two queries; nothing is computed. Asks nobody whether they may see results.
    """
    question = study.criteria.first()
    if question is None:
        return None
    boards = stored_snapshots("board", study, question, DEFAULT, 0)
    row = _with_newest_answer(boards).order_by("-as_of", "-pk").first()
    return None if row is None else _dated(row)


def stored_verdicts(studies: Sequence[Study]) -> dict[int, BoardVerdict]:
    """Return the verdicts of dated_verdicts without their age."""
    return {study: dated.verdict for study, dated in dated_verdicts(studies).items()}


def dated_verdicts(studies: Sequence[Study]) -> dict[int, DatedVerdict]:
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
    rows = _with_newest_answer(boards.filter(as_of__in=times.values())).order_by("pk")
    return {row.study_id: _dated(row) for row in rows if row.as_of == times[row.criterion_id]}


def _with_newest_answer(boards: QuerySet[BoardSnapshot]) -> QuerySet[BoardSnapshot]:
    """Add the number of the newest answer to each board's question, which an index finds."""
    answers = JudgementRevision.objects.filter(criterion=OuterRef("criterion")).order_by("-pk")
    return boards.annotate(newest_answer=Subquery(answers.values("pk")[:1]))


def _dated(row: BoardSnapshot) -> DatedVerdict:
    newest = getattr(row, "newest_answer", None) or 0
    return DatedVerdict(say_verdict(row.board), row.as_of, newest > row.revision)
