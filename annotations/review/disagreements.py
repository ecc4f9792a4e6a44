"""Pairs on which annotators chose opposite sides, with everybody's answers and comments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Prefetch, Q
from django.db.models.functions import Abs

from annotations.models import Annotator, Assignment, Comparison, Criterion, Judgement, Remark, Side

ANSWERS = {"a": "A", "b": "B", "tie": "equal", "both_bad": "both bad"}


@dataclass(frozen=True)
class Split:
    """A comparison with the number of votes for each of its sides, at least one each."""

    comparison: int
    for_a: int
    for_b: int


@dataclass(frozen=True)
class AnnotatorAnswer:
    """What one annotator answered on a pair, with their comments."""

    pseudonym: str
    number: int
    answer: str
    comments: list[str]


@dataclass(frozen=True)
class Disagreement:
    """A split pair with both texts and everybody's answers."""

    comparison: Comparison
    for_a: int
    for_b: int
    votes: list[AnnotatorAnswer]


def disagreements(criterion: Criterion, annotator: Annotator | None = None) -> list[Split]:
    """List the pairs on which votes are split, the most even first.

    Starts from the question's answers, which an index finds; starting from the comparisons sorts all of their votes.

    Args:
        annotator: List only pairs on which this annotator chose a side.
    """
    # Whoever disagrees has a place each, so a pair with one taken is not split.
    votes = Judgement.objects.counted().filter(
        criterion=criterion, outcome__in=Side.values, assignment__comparison__taken__gt=1
    )
    if annotator is not None:
        theirs = votes.filter(assignment__annotator=annotator).values("assignment__comparison")
        votes = votes.filter(assignment__comparison__in=theirs)
    for_a, for_b = (Count("pk", filter=Q(outcome=side)) for side in Side.values)
    pairs = votes.order_by().values("assignment__comparison").annotate(for_a=for_a, for_b=for_b)
    split = pairs.filter(for_a__gt=0, for_b__gt=0).order_by(
        Abs(F("for_a") - F("for_b")), "-for_a", "assignment__comparison"
    )
    return [Split(*row) for row in split.values_list("assignment__comparison", "for_a", "for_b")]


def with_pair_texts(splits: Sequence[Split], criterion: Criterion) -> list[Disagreement]:
    """Load texts and answers of split pairs, in three queries."""
    ids = [split.comparison for split in splits]
    comparisons = Comparison.objects.select_related(
        "document", "query", "summary_a__run__system", "summary_b__run__system"
    ).in_bulk(ids)
    votes = _votes(ids, criterion)
    return [
        Disagreement(comparisons[split.comparison], split.for_a, split.for_b, votes[split.comparison])
        for split in splits
        if split.comparison in comparisons
    ]


def _votes(comparisons: Sequence[int], criterion: Criterion) -> dict[int, list[AnnotatorAnswer]]:
    """Load the answers that count, by comparison."""
    held = (
        Assignment.objects.held()
        .by_included()
        .filter(comparison__in=comparisons, judgements__criterion=criterion)
        .annotate(outcome=F("judgements__outcome"))
        .select_related("annotator")
        .prefetch_related(Prefetch("remarks", Remark.objects.standing()))
        .order_by("annotator__number")
    )
    answers: dict[int, list[AnnotatorAnswer]] = defaultdict(list)
    for assignment in held:
        annotator = assignment.annotator
        comments = [remark.text for remark in assignment.remarks.all() if remark.text]
        answers[assignment.comparison_id].append(
            AnnotatorAnswer(annotator.pseudonym, annotator.number, ANSWERS[assignment.outcome], comments)
        )
    return answers
