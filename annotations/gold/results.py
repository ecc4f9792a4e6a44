"""Scores annotators on control items, and control items by their annotators: one that most people miss is bad."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from annotations.gold.items import answered_among, expected_line
from annotations.models import Assignment, ControlItem, ExpectedAnswer, Judgement, Purpose, Study
from stats.raters.gold import GoldCheck, gold_check, gold_checks
from stats.uncertainty.proportions import Proportion

# An item is bad if significantly fewer than this share of annotators answer it as expected.
BAD_PAIR = 0.5


@dataclass(frozen=True)
class ControlAnswer:
    """One annotator's answers to all questions of one control item.

    Attributes:
        right: Every answer is as expected.
    """

    comparison: int
    annotator: int
    right: bool


@dataclass(frozen=True)
class ControlItemQuality:
    """How a control item was answered by annotators whose votes count.

    Attributes:
        bad: Significantly most of them miss it; None while nobody has answered.
    """

    pair: ControlItem
    expected: str
    right: Proportion
    bad: bool | None
    removable: bool


def gold_by_annotator(study: Study) -> dict[int, GoldCheck]:
    """Return each annotator's score on the gold pairs that are on; annotators who answered none are missing."""
    on = ControlItem.objects.filter(comparison__study=study, comparison__purpose=Purpose.GOLD, switched_off_at=None)
    rows = list(control_answers(on.values_list("comparison_id", flat=True)))
    return gold_checks(
        np.array([row.annotator for row in rows], dtype=np.int64), np.array([row.right for row in rows], dtype=np.bool_)
    )


def no_gold_yet() -> GoldCheck:
    return gold_check(0, 0)


def control_items(study: Study) -> list[ControlItemQuality]:
    """Return all control items with their figures, training first, each kind in the order they were made."""
    pairs = [*control_items_of(study, Purpose.TRAINING), *control_items_of(study, Purpose.GOLD)]
    return with_figures(study, pairs)


def control_items_of(study: Study, purpose: str) -> QuerySet[ControlItem]:
    """Control items of one purpose, in the order they were made."""
    pairs = ControlItem.objects.filter(comparison__study=study, comparison__purpose=purpose)
    return pairs.select_related("comparison__document", "comparison__query").order_by("pk")


def least_as_expected(study: Study) -> list[ControlItemQuality]:
    """Return gold pairs with their figures, the worst answered first; last those that nobody has answered."""
    rows = with_figures(study, list(control_items_of(study, Purpose.GOLD)))
    return sorted(rows, key=lambda row: (row.right.value is None, row.right.value))


def with_figures(study: Study, pairs: Sequence[ControlItem]) -> list[ControlItemQuality]:
    """Return the figures of these control items; the number of queries does not grow with theirs."""
    ids = [pair.comparison_id for pair in pairs]
    included = set(study.annotators.filter(excluded_at=None).values_list("pk", flat=True))
    hits: dict[int, list[bool]] = defaultdict(list)
    for row in control_answers(ids):
        if row.annotator in included:
            hits[row.comparison].append(row.right)
    expected = _expected_by_key(ids)
    kept = answered_among(ids)
    return [
        _quality(pair, hits[pair.comparison_id], expected[pair.comparison_id], removable=pair.comparison_id not in kept)
        for pair in pairs
    ]


def _quality(
    pair: ControlItem, hits: list[bool], expected: dict[str, list[str]], *, removable: bool
) -> ControlItemQuality:
    check = gold_check(sum(hits), len(hits), threshold=BAD_PAIR)
    return ControlItemQuality(pair, expected_line(expected), check.accuracy, check.failed, removable)


def control_answers(comparisons: Iterable[int]) -> Iterable[ControlAnswer]:
    """Compare every rated assignment of these control items with what is expected."""
    ids = list(comparisons)
    expected: dict[tuple[int, int], set[str]] = defaultdict(set)
    for row in ExpectedAnswer.objects.filter(comparison__in=ids):
        expected[(row.comparison_id, row.criterion_id)].add(row.outcome)
    given = Judgement.objects.filter(assignment__comparison__in=ids, assignment__state=Assignment.State.DONE)
    right: dict[tuple[int, int], bool] = {}
    for comparison, annotator, criterion, outcome in given.order_by("assignment_id").values_list(
        "assignment__comparison_id", "assignment__annotator_id", "criterion_id", "outcome"
    ):
        wanted = expected.get((comparison, criterion))
        fits = wanted is None or outcome in wanted
        right[(comparison, annotator)] = right.get((comparison, annotator), True) and fits
    return [ControlAnswer(comparison, annotator, fits) for (comparison, annotator), fits in right.items()]


def _expected_by_key(comparisons: Iterable[int]) -> dict[int, dict[str, list[str]]]:
    rows = ExpectedAnswer.objects.filter(comparison__in=list(comparisons)).order_by("criterion__position", "pk")
    expected: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for comparison, key, outcome in rows.values_list("comparison_id", "criterion__key", "outcome"):
        expected[comparison][key].append(outcome)
    return expected
