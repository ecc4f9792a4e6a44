"""Votes of the quality page as columns.

Read table by table and joined here: one query over all tables, in the order of time, takes a database a minute for
200,000 votes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from annotations.models import Assignment, Criterion, Judgement, Outcome, Side, Study
from stats.votes.arrays import BoolArray, IntArray, OutcomeCode

OUTCOME_CODES = {
    Outcome.A.value: OutcomeCode.A,
    Outcome.B.value: OutcomeCode.B,
    Outcome.TIE.value: OutcomeCode.TIE,
    Outcome.BOTH_BAD.value: OutcomeCode.BOTH_BAD,
}
CHUNK = 10_000
SIDES = {Side.A.value: 1, Side.B.value: 0, "": -1}


@dataclass(frozen=True)
class VoteColumns:
    """Columns of votes in the order they were given."""

    criterion: IntArray
    comparison: IntArray
    document: IntArray
    annotator: IntArray
    outcome: IntArray
    a_is_left: BoolArray
    side_known: BoolArray
    system_a: IntArray
    system_b: IntArray

    def on(self, criterion: Criterion) -> "VoteColumns":
        """Select the votes on one question."""
        return self.where(self.criterion == criterion.pk)

    def where(self, mask: BoolArray) -> "VoteColumns":
        return VoteColumns(*(getattr(self, column.name)[mask] for column in fields(self)))


def read_vote_columns(study: Study) -> VoteColumns:
    """Read the votes that count: of included annotators, on rating pairs, in a place of their comparison."""
    comparisons = _comparisons(study)
    assignments = _assignments(study)
    assignments = assignments[_rows(comparisons[:, 0], assignments[:, 1]) >= 0]
    votes = _judgements(study)
    held = _rows(assignments[:, 0], votes[:, 0])
    votes, assignments = votes[held >= 0], assignments[held[held >= 0]]
    pairs = comparisons[_rows(comparisons[:, 0], assignments[:, 1])]
    return VoteColumns(
        criterion=votes[:, 1],
        comparison=assignments[:, 1],
        document=pairs[:, 1],
        annotator=assignments[:, 2],
        outcome=votes[:, 2],
        a_is_left=assignments[:, 3] == 1,
        side_known=assignments[:, 3] >= 0,
        system_a=pairs[:, 2],
        system_b=pairs[:, 3],
    )


def _comparisons(study: Study) -> IntArray:
    """Read primary key, document and both systems of each comparison, ordered by key."""
    systems = (f"summary_{side}__run__system_id" for side in Side.values)
    rows = study.comparisons.for_rating().order_by("pk").values_list("pk", "document_id", *systems)
    return _array(rows.iterator(CHUNK), 4)


def _assignments(study: Study) -> IntArray:
    """Read key, comparison, annotator and whether a stood left (1, 0; -1: unknown), ordered by key."""
    held = Assignment.objects.held().by_included().filter(annotator__study=study)
    rows = held.order_by("pk").values_list("pk", "comparison_id", "annotator_id", "shown_left").iterator(CHUNK)
    return _array(((pk, pair, annotator, SIDES[left]) for pk, pair, annotator, left in rows), 4)


def _judgements(study: Study) -> IntArray:
    """Read assignment, criterion and outcome of each judgement, oldest first."""
    given = Judgement.objects.filter(criterion__study=study)
    rows = given.order_by("updated_at", "pk").values_list("assignment_id", "criterion_id", "outcome").iterator(CHUNK)
    return _array(((assignment, criterion, OUTCOME_CODES[outcome]) for assignment, criterion, outcome in rows), 3)


def _array(rows: Iterable[tuple[int, ...]], columns: int) -> IntArray:
    flat = (value for row in rows for value in row)
    return np.fromiter(flat, dtype=np.int64).reshape(-1, columns)


def _rows(keys: IntArray, wanted: IntArray) -> IntArray:
    """Find the row of each wanted key among ascending keys; -1 where it is missing."""
    rows = np.searchsorted(keys, wanted)
    present = rows < len(keys)
    present[present] = keys[rows[present]] == wanted[present]
    return np.where(present, rows, -1)
