"""Verdicts as rows of a file, in the form that the import reads."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count

from annotations.models import Study
from judges.models import Answer, Judge, Verdict
from judges.models.verdicts import VerdictQuerySet
from models_runner.datasets.queries import query_number
from models_runner.models import Dataset, Query, Summary

AT_ONCE = 2_000
WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "both_bad", "none": "none"}
Row = dict[str, Any]


RELATED = (
    *("judge", "criterion", "document", "comparison__query", "comparison__summary_a__run__system"),
    *("comparison__summary_b__run__system", "summary_a__query", "summary_a__run__system", "summary_b__run__system"),
    *("summary__query", "summary__run__system"),
)
HEAVY = (
    *("raw", "comparison__summary_a__text", "comparison__summary_b__text"),
    *("summary_a__text", "summary_b__text", "summary__text"),
)


def verdict_rows(study: Study, judge: Judge | None = None) -> Iterator[Row]:
    """Yield the answers about a study, in the order they were stored; of scores, those that hold one.

    judge: Only this one's; all judges' if None.
    """
    rows = Verdict.objects.done().filter(study=study)
    return _rows(rows.filter(judge=judge) if judge else rows, study.dataset_id)


def dataset_verdict_rows(dataset: Dataset, judge: Judge | None = None) -> Iterator[Row]:
    """Yield the answers about a dataset that belong to no study, in the same form."""
    rows = Verdict.objects.done().filter(job__dataset=dataset)
    return _rows(rows.filter(judge=judge) if judge else rows, dataset.pk)


def _rows(rows: VerdictQuerySet, dataset_id: int) -> Iterator[Row]:
    repeated = _repeated_queries(dataset_id)
    for verdict in rows.order_by("pk").select_related(*RELATED).defer(*HEAVY).iterator(AT_ONCE):
        if verdict.pair is not None:
            yield _about(verdict, repeated) | _pair(verdict, *verdict.pair)
        elif verdict.answer == Answer.SCORED:
            yield _about(verdict, repeated) | _score(verdict)


def _repeated_queries(dataset_id: int) -> set[tuple[int, str]]:
    """Return the queries whose text alone does not tell which of a document's they are."""
    queries = Query.objects.filter(document__dataset=dataset_id).order_by()
    texts = queries.values_list("document", "text").annotate(n=Count("pk")).filter(n__gt=1)
    return {(document, text) for document, text, _ in texts}


def _about(verdict: Verdict, repeated: set[tuple[int, str]]) -> Row:
    query = verdict.query
    asked: Row = {"query": query.text} if query else {}
    if query and (verdict.document_id, query.text) in repeated:
        asked["query_number"] = query_number(query.position)
    about = {"document_id": verdict.document.external_id, **asked}
    return about | {"criterion": verdict.key, "judge": verdict.judge.name}


def _rest(verdict: Verdict) -> Row:
    reason = {"reason": verdict.reason} if verdict.reason else {}
    return {"sample": verdict.sample, **reason}


def _pair(verdict: Verdict, summary_a: Summary, summary_b: Summary) -> Row:
    chances = {name: getattr(verdict, name) for name in ("p_a", "p_b", "p_tie")}
    return {
        "model_a": summary_a.run.system.slug,
        "model_b": summary_b.run.system.slug,
        "shown_first": verdict.shown_first,
        "winner": WINNERS[verdict.answer],
        **{name: chance for name, chance in chances.items() if chance is not None},
        **_rest(verdict),
    }


def _score(verdict: Verdict) -> Row:
    summary = verdict.summary
    assert summary is not None  # noqa: S101  (a constraint)
    return {
        "system": summary.run.system.slug,
        "score": verdict.score,
        "scale_min": verdict.scale_min,
        "scale_max": verdict.scale_max,
        **_rest(verdict),
    }
