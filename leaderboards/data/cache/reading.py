"""Read the votes on a question from the file that keeps them, and from the database only what may have changed.

A row of the file may be out of date in two cases alone: its pair was answered since, on whatever question; or the pair
was not rated to its end when the row was read, so that its place may have lapsed, been taken up again, skipped or
completed without an answer. A rated pair is opened again by an answer that is withdrawn, which is in the history.
Whether an annotator's votes count is not in the file.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.db.models import Case, Value, When
from django.utils import timezone

from annotations.models import Annotator, Assignment, Criterion, Judgement, JudgementQuerySet
from leaderboards.data.cache.files import KeptVotes, load, save
from leaderboards.data.cache.mark import End, answered_since, mark_at, read_end, still_holds
from leaderboards.data.columns import Column, Columns, ColumnType
from leaderboards.data.vote_rows import COMPARISON, vote_columns, with_pairs

AT_ONCE = 5_000
# All is read where more pairs than this, or than a tenth of the votes, may have changed.
MOST_READ_AGAIN, MOST_SHARE = 50_000, 0.1
# The file is written anew once this share of its rows was answered since: writing takes longer than reading some again.
WRITTEN_FROM = 0.01
# Nothing known makes a file wrong in silence; should something do so, it is not for long.
OLDEST = timedelta(days=1)
_PAIR = "assignment__comparison__"
_STATE: dict[str, Column] = {
    "assignment": (ColumnType.INTEGER, "assignment_id"),
    "held": (ColumnType.INTEGER, Case(When(assignment__slot__isnull=True, then=Value(0)), default=Value(1))),
    "rated": (ColumnType.INTEGER, Case(When(assignment__state=Assignment.State.DONE, then=Value(1)), default=Value(0))),
}
_OF_PAIR: dict[str, Column] = {
    "document": (ColumnType.INTEGER, f"{_PAIR}document_id"),
    **{f"summary_{side}": (ColumnType.INTEGER, f"{_PAIR}summary_{side}_id") for side in "ab"},
    **{f"system_{side}": (ColumnType.INTEGER, f"{_PAIR}summary_{side}__run__system_id") for side in "ab"},
}
_NOT_OF_VOTES = tuple(_STATE)


def keeps_votes(criterion: Criterion) -> bool:
    """Whether the question has so many answers that they are kept. An index counts them, no further than needed."""
    most = settings.VOTE_CACHE_FROM
    return Judgement.objects.filter(criterion=criterion).order_by()[: most + 1].count() > most


def read_kept_votes(criterion: Criterion, *, now: datetime | None = None) -> Columns:
    """Return the same rows as read_vote_rows without filters, in another order."""
    now = now or timezone.now()
    # The end first: what is answered while rows are read is read again next time, never missed.
    end = read_end(criterion.study, now)
    if end is None:
        return _counted(criterion, _read_all(criterion))
    kept = load(criterion.pk)
    rows = None
    if kept is not None and kept.read_at > now - OLDEST:
        rows = _brought_up_to_date(criterion, kept, end)
    if rows is None:
        mark = mark_at(end, criterion.study)
        rows = _read_all(criterion)
        save(criterion.pk, KeptVotes(mark, now, rows))
    return _counted(criterion, rows)


def _brought_up_to_date(criterion: Criterion, kept: KeptVotes, end: End) -> Columns | None:
    """Return the kept rows with those that may have changed read again; None where all must be."""
    study, votes = criterion.study, len(kept.rows["outcome"])
    if not still_holds(kept.mark, study, end):
        return None
    most = min(MOST_READ_AGAIN, int(MOST_SHARE * votes))
    answered = answered_since(kept.mark, study, most)
    again = answered | set(kept.rows["assignment"][kept.rows["rated"] == 0].tolist())
    if len(again) > most:
        return None
    mark = mark_at(end, study, kept.mark) if len(answered) > WRITTEN_FROM * votes else None
    rows = _replaced(kept.rows, again, _read_some(criterion, sorted(again)))
    if mark is not None:
        save(criterion.pk, KeptVotes(mark, kept.read_at, rows))
    return rows


def _read_all(criterion: Criterion) -> Columns:
    votes = vote_columns(_answers(criterion), comparison=COMPARISON, **_STATE)
    return with_pairs(criterion.study, votes)


def _read_some(criterion: Criterion, assignments: list[int]) -> list[Columns]:
    rated = _answers(criterion).for_rating()
    return [
        vote_columns(rated.filter(assignment__in=assignments[begin : begin + AT_ONCE]), **_OF_PAIR, **_STATE)
        for begin in range(0, len(assignments), AT_ONCE)
    ]


def _answers(criterion: Criterion) -> JudgementQuerySet:
    return Judgement.objects.filter(criterion=criterion)


def _replaced(rows: Columns, again: Collection[int], parts: list[Columns]) -> Columns:
    """Return the rows without those of these assignments, and the parts in their place."""
    stay = ~np.isin(rows["assignment"], np.fromiter(again, np.int64, len(again)))
    return {name: np.concatenate([column[stay], *(part[name] for part in parts)]) for name, column in rows.items()}


def _counted(criterion: Criterion, rows: Columns) -> Columns:
    """Return the rows of votes that count: in a held place, by included annotators."""
    people = Annotator.objects.included().filter(study=criterion.study).order_by()
    included = np.fromiter(people.values_list("pk", flat=True), np.int64)
    counts = (rows["held"] == 1) & np.isin(rows["annotator"], included)
    votes = {name: column for name, column in rows.items() if name not in _NOT_OF_VOTES}
    return votes if counts.all() else {name: column[counts] for name, column in votes.items()}
