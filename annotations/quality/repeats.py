"""Read the answers to pairs that came again, beside those to the same pairs before."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from annotations.models import Assignment, Criterion, Judgement, JudgementQuerySet, Purpose, Study
from annotations.quality.vote_columns import OUTCOME_CODES
from stats.votes.arrays import IntArray

PAIR = "assignment__comparison__"


class _Answer(NamedTuple):
    criterion: int
    annotator: int
    summary_a: int
    summary_b: int
    pk: int
    outcome: str


class AnsweredTwice(NamedTuple):
    """Both answers of one annotator to a question about a pair that came again: keys of judgements, and outcomes."""

    criterion: int
    annotator: int
    first: int
    again: int
    first_outcome: str
    again_outcome: str


@dataclass(frozen=True)
class RepeatColumns:
    """One entry for each question of each pair that was answered twice; see stats.raters.repeats.self_agreement."""

    criterion: IntArray
    annotator: IntArray
    first: IntArray
    again: IntArray

    def on(self, criterion: Criterion) -> "RepeatColumns":
        """Select the answers to one question."""
        mask = self.criterion == criterion.pk
        return RepeatColumns(*(getattr(self, column.name)[mask] for column in fields(self)))


def read_repeats(study: Study) -> RepeatColumns:
    """Read both answers of included annotators as columns."""
    rows = [
        (row.criterion, row.annotator, OUTCOME_CODES[row.first_outcome], OUTCOME_CODES[row.again_outcome])
        for row in answered_twice(study)
    ]
    return RepeatColumns(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def answered_twice(study: Study) -> Iterator[AnsweredTwice]:
    """Yield both answers of included annotators, oldest first; a pair whose first answer was withdrawn is left out."""
    repeats = study.comparisons.filter(repeat=True)
    if not repeats.exists():
        return
    given = Judgement.objects.held().by_included().filter(criterion__study=study)
    again = _answers(
        given.filter(
            **{f"{PAIR}purpose": Purpose.REPEAT, "assignment__state": Assignment.State.DONE},
        )
    )
    # Those with one of its two texts, of whoever had a repeated pair: more than needed, and found by an index.
    originals = study.comparisons.for_rating().filter(summary_a__in=repeats.order_by().values("summary_a"))
    people = {answer.annotator for answer in again}
    before = given.filter(assignment__comparison__in=originals.order_by(), assignment__annotator__in=people)
    first = {answer[:4]: answer for answer in _answers(before)}
    for answer in again:
        if (earlier := first.get(answer[:4])) is not None:
            yield AnsweredTwice(*answer[:2], earlier.pk, answer.pk, earlier.outcome, answer.outcome)


def _answers(given: JudgementQuerySet) -> list[_Answer]:
    columns = ("criterion_id", "assignment__annotator_id", f"{PAIR}summary_a_id", f"{PAIR}summary_b_id", "pk")
    return [_Answer(*row) for row in given.order_by("pk").values_list(*columns, "outcome")]
