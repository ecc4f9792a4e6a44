"""How annotators did on pairs with a known answer, and how the pairs did: one that most people miss is a bad one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from annotations.gold.items import answered_among, expected_line
from annotations.models import Assignment, ExpectedAnswer, Judgement, KnownPair, Purpose, Study
from stats.raters.gold import GoldCheck, gold_check, gold_checks
from stats.uncertainty.proportions import Proportion

# A pair that surely fewer than half of the people answer as expected.
BAD_PAIR = 0.5


@dataclass(frozen=True)
class Answered:
    """One annotator's answers to one known pair, all of whose questions are answered. right: as expected on each."""

    comparison: int
    annotator: int
    right: bool


@dataclass(frozen=True)
class KnownPairQuality:
    """answered: by annotators whose votes count. bad: surely most of them miss it; None while nobody answered."""

    pair: KnownPair
    expected: str
    right: Proportion
    bad: bool | None
    removable: bool


def gold_by_annotator(study: Study) -> dict[int, GoldCheck]:
    """By annotator, of gold pairs that are not switched off; who answered none is missing."""
    on = KnownPair.objects.filter(comparison__study=study, comparison__purpose=Purpose.GOLD, switched_off_at=None)
    rows = list(answered(on.values_list("comparison_id", flat=True)))
    return gold_checks(
        np.array([row.annotator for row in rows], dtype=np.int64), np.array([row.right for row in rows], dtype=np.bool_)
    )


def no_gold_yet() -> GoldCheck:
    return gold_check(0, 0)


def known_pairs(study: Study) -> list[KnownPairQuality]:
    """All of them, training first, each in the order they were made."""
    pairs = [*pairs_of(study, Purpose.TRAINING), *pairs_of(study, Purpose.GOLD)]
    return with_figures(study, pairs)


def pairs_of(study: Study, purpose: str) -> QuerySet[KnownPair]:
    """In the order they were made."""
    pairs = KnownPair.objects.filter(comparison__study=study, comparison__purpose=purpose)
    return pairs.select_related("comparison__document", "comparison__query").order_by("pk")


def least_as_expected(study: Study) -> list[KnownPairQuality]:
    """Gold pairs, those first that the fewest answer as expected; last those that nobody has answered."""
    rows = with_figures(study, list(pairs_of(study, Purpose.GOLD)))
    return sorted(rows, key=lambda row: (row.right.value is None, row.right.value))


def with_figures(study: Study, pairs: Sequence[KnownPair]) -> list[KnownPairQuality]:
    """What people answered to these pairs; the same few queries for any number of them."""
    ids = [pair.comparison_id for pair in pairs]
    included = set(study.annotators.included().values_list("pk", flat=True))
    hits: dict[int, list[bool]] = defaultdict(list)
    for row in answered(ids):
        if row.annotator in included:
            hits[row.comparison].append(row.right)
    expected = _expected_by_key(ids)
    kept = answered_among(ids)
    return [
        _quality(pair, hits[pair.comparison_id], expected[pair.comparison_id], removable=pair.comparison_id not in kept)
        for pair in pairs
    ]


def _quality(pair: KnownPair, hits: list[bool], expected: dict[str, list[str]], *, removable: bool) -> KnownPairQuality:
    check = gold_check(sum(hits), len(hits), threshold=BAD_PAIR)
    return KnownPairQuality(pair, expected_line(expected), check.accuracy, check.failed, removable)


def answered(comparisons: Iterable[int]) -> Iterable[Answered]:
    """Every rated assignment of these gold or training pairs, held against what is expected."""
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
    return [Answered(comparison, annotator, fits) for (comparison, annotator), fits in right.items()]


def _expected_by_key(comparisons: Iterable[int]) -> dict[int, dict[str, list[str]]]:
    rows = ExpectedAnswer.objects.filter(comparison__in=list(comparisons)).order_by("criterion__position", "pk")
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for comparison, key, outcome in rows.values_list("comparison_id", "criterion__key", "outcome"):
        found[comparison][key].append(outcome)
    return found
