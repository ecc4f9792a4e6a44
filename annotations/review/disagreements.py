"""Pairs on which people chose opposite sides, with what everybody said of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Prefetch, Q
from django.db.models.functions import Abs

from annotations.models import Annotator, Assignment, Comparison, Criterion, Judgement, Remark, Side

ANSWERS = {"a": "A", "b": "B", "tie": "equal", "both_bad": "both bad"}


@dataclass(frozen=True)
class Split:
    """A pair with the votes for each of its sides, at least one of each."""

    comparison: int
    for_a: int
    for_b: int


@dataclass(frozen=True)
class Answer:
    pseudonym: str
    number: int
    answer: str
    comments: list[str]


@dataclass(frozen=True)
class Disagreement:
    comparison: Comparison
    for_a: int
    for_b: int
    votes: list[Answer]


def disagreements(criterion: Criterion, annotator: Annotator | None = None) -> list[Split]:
    """All of them, the most even first; those in which this annotator took a side.

    From the answers on the question, which an index finds: from the comparisons a database sorts all of their votes.
    """
    votes = Judgement.objects.counted().filter(criterion=criterion, outcome__in=Side.values)
    if annotator is not None:
        theirs = votes.filter(assignment__annotator=annotator).values("assignment__comparison")
        votes = votes.filter(assignment__comparison__in=theirs)
    for_a, for_b = (Count("pk", filter=Q(outcome=side)) for side in Side.values)
    pairs = votes.order_by().values("assignment__comparison").annotate(for_a=for_a, for_b=for_b)
    split = pairs.filter(for_a__gt=0, for_b__gt=0).order_by(
        Abs(F("for_a") - F("for_b")), "-for_a", "assignment__comparison"
    )
    return [Split(*row) for row in split.values_list("assignment__comparison", "for_a", "for_b")]


def with_texts(splits: Sequence[Split], criterion: Criterion) -> list[Disagreement]:
    """Some of them in full; three queries, however many they are."""
    ids = [split.comparison for split in splits]
    comparisons = Comparison.objects.select_related(
        "document", "query", "summary_a__run__system", "summary_b__run__system"
    ).in_bulk(ids)
    votes = _votes(ids, criterion)
    return [
        Disagreement(comparisons[one.comparison], one.for_a, one.for_b, votes[one.comparison])
        for one in splits
        if one.comparison in comparisons
    ]


def _votes(comparisons: Sequence[int], criterion: Criterion) -> dict[int, list[Answer]]:
    """Of everybody whose answer counts, by comparison."""
    held = (
        Assignment.objects.held()
        .by_included()
        .filter(comparison__in=comparisons, judgements__criterion=criterion)
        .annotate(outcome=F("judgements__outcome"))
        .select_related("annotator")
        .prefetch_related(Prefetch("remarks", Remark.objects.standing()))
        .order_by("annotator__number")
    )
    found: dict[int, list[Answer]] = defaultdict(list)
    for one in held:
        comments = [remark.text for remark in one.remarks.all() if remark.text]
        found[one.comparison_id].append(
            Answer(one.annotator.pseudonym, one.annotator.number, ANSWERS[one.outcome], comments)
        )
    return found
