"""What a judge says of each pair of a study, all its verdicts together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from annotations.models import Criterion
from judges.models import Answer, Judge, OrderRule, Verdict
from judges.models.verdicts import VerdictQuerySet
from judges.verdicts.combining import NONE, TIE, GivenVerdict, combined

AT_ONCE = 5_000
COLUMNS = ("document_id", "shown_first", "sample", "status", "answer", "p_a", "p_b", "p_tie")


@dataclass
class JudgedPairs:
    """A judge's verdicts on one criterion of a study, by pair.

    Attributes:
        outcomes: By the pair's key, "a", "b", "tie" or "both_bad"; only pairs on which there is a verdict.
        verdicts: All answers, by the pair's key; of a judge that scores there are none.
        documents: The document of each pair, by the pair's key.
        no_verdict: How many answers hold no verdict.
        answers: How many answers there are.
    """

    outcomes: dict[int, str] = field(default_factory=dict)
    verdicts: dict[int, list[GivenVerdict]] = field(default_factory=dict)
    documents: dict[int, int] = field(default_factory=dict)
    no_verdict: int = 0
    answers: int = 0


def judged_pairs(judge: Judge, criterion: Criterion) -> JudgedPairs:
    """Read a judge's verdicts on a criterion, in a query or two."""
    rows = Verdict.objects.filter(judge=judge, criterion=criterion)
    scores = rows.filter(summary__isnull=False)
    if scores.exists():
        # Earlier imports may have given a judge verdicts on pairs too; those count for nothing.
        pairs = criterion.study.comparisons.for_rating()
        units = pairs.values_list("pk", "document_id", "summary_a_id", "summary_b_id").iterator(AT_ONCE)
        return by_scores(scores, units)
    given = rows.filter(comparison__isnull=False).values_list("comparison_id", *COLUMNS)
    return by_verdicts(judge, given.iterator(AT_ONCE))


def by_verdicts(judge: Judge, rows: Iterable[tuple[Any, ...]]) -> JudgedPairs:
    """Put together the verdicts on each pair; rows: the pair's key, then COLUMNS."""
    judged = JudgedPairs()
    by_pair: dict[int, list[GivenVerdict]] = defaultdict(list)
    for pair, document, first, sample, status, answer, *chances in rows:
        judged.documents[pair] = document
        judged.answers += status == Verdict.Status.DONE
        judged.no_verdict += answer == Answer.NONE
        # A question that was not answered yet leaves its sample open, as no verdict does.
        by_pair[pair].append(GivenVerdict(first, sample, answer or NONE, _chances(answer, *chances)))
    judged.verdicts = dict(by_pair)
    conservative = judge.order_rule == OrderRule.CONSERVATIVE
    for pair, verdicts in judged.verdicts.items():
        if (outcome := combined(verdicts, conservative=conservative)) != NONE:
            judged.outcomes[pair] = outcome
    return judged


def _chances(answer: str, p_a: float | None, p_b: float | None, p_tie: float | None) -> dict[str, float] | None:
    if answer == Answer.NONE or p_a is None or p_b is None:
        return None
    tie = p_tie or 0.0
    return {"a": p_a, "b": p_b, "tie": tie, "both_bad": max(0.0, 1 - p_a - p_b - tie)}


def by_scores(rows: VerdictQuerySet, pairs: Iterable[tuple[int, int, int, int]]) -> JudgedPairs:
    """Compare the mean scores of both summaries of each pair; equal ones are a tie.

    pairs: Key, document, and both summaries of each.
    """
    judged, scores = JudgedPairs(), defaultdict(list)
    columns = ("summary_id", "answer", "score", "scale_min", "scale_max")
    for summary, answer, score, low, high in rows.done().values_list(*columns).iterator(AT_ONCE):
        judged.answers += 1
        if answer == Answer.NONE:
            judged.no_verdict += 1
        else:
            scores[summary].append((score - low) / (high - low))
    for pair, document, a, b in pairs:
        if a in scores and b in scores:
            judged.documents[pair] = document
            judged.outcomes[pair] = _better(scores[a], scores[b])
    return judged


def _better(a: Iterable[float], b: Iterable[float]) -> str:
    first, second = (sum(scores) / len(scores) for scores in (list(a), list(b)))
    return TIE if abs(first - second) < 1e-9 else "a" if first > second else "b"


def judges_of(criterion: Criterion) -> list[Judge]:
    """Return the judges with an answer on a criterion, by name."""
    answered = Verdict.objects.done().filter(criterion=criterion).order_by().values("judge").distinct()
    return list(Judge.objects.filter(pk__in=answered))
