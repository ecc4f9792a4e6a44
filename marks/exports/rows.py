"""Marks as rows of a file, in the form that the import reads."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, OuterRef

from annotations.models import Study
from marks.models import Mark, Reading
from models_runner.datasets.queries import query_number
from models_runner.models import Query, Summary

AT_ONCE = 2_000
Row = dict[str, Any]
COLUMNS = (
    *("document_id", "query", "query_number", "system", "annotator", "start", "end", "text"),
    *("kind", "severity", "comment"),
)
_OF_SUMMARY = ("summary__document", "summary__query", "summary__run__system", "annotator")
_HEAVY = ("summary__text", "summary__thoughts")


def mark_rows(study: Study, *, readings: bool = False, excluded: bool = False) -> Iterator[Row]:
    """Yield the standing marks of a study, in the order they were made.

    Args:
        readings: Also who read a summary and found nothing, as rows without a kind.
        excluded: Those of excluded annotators too.
    """
    about = _About(study)
    marks = Mark.objects.standing() if excluded else Mark.objects.counted()
    marks = marks.filter(study=study).select_related(*_OF_SUMMARY, "kind").defer(*_HEAVY).order_by("pk")
    for mark in marks.iterator(AT_ONCE):
        yield about.row(mark) | _mark(mark)
    if readings:
        for reading in found_nothing(study, excluded=excluded).iterator(AT_ONCE):
            yield about.row(reading) | {"start": None, "end": None, "text": "", "kind": None, "severity": None}


def found_nothing(study: Study, *, excluded: bool = False) -> Any:
    """Select readings of a summary by somebody who has no standing mark on it."""
    rows = Reading.objects.filter(study=study) if excluded else Reading.objects.counted().filter(study=study)
    theirs = Mark.objects.standing().filter(annotator=OuterRef("annotator"), summary=OuterRef("summary"))
    return rows.filter(~Exists(theirs)).select_related(*_OF_SUMMARY).defer(*_HEAVY).order_by("pk")


def repeated_queries(study: Study) -> set[tuple[int, str]]:
    """Return the queries whose text alone does not tell which of a document's they are."""
    queries = Query.objects.filter(document__dataset=study.dataset_id).order_by()
    texts = queries.values_list("document", "text").annotate(n=Count("pk")).filter(n__gt=1)
    return {(document, text) for document, text, _ in texts}


class _About:
    """Says which summary, and whose."""

    def __init__(self, study: Study) -> None:
        self._repeated = repeated_queries(study)

    def row(self, one: Mark | Reading) -> Row:
        return summary_row(one.summary, self._repeated) | {"annotator": one.annotator.pseudonym}


def summary_row(summary: Summary, repeated: set[tuple[int, str]]) -> Row:
    """Return the columns that say which summary."""
    query = summary.query
    asked: Row = {"query": query.text} if query else {}
    if query and (summary.document_id, query.text) in repeated:
        asked["query_number"] = query_number(query.position)
    return {"document_id": summary.document.external_id, **asked, "system": summary.run.system.slug}


def _mark(mark: Mark) -> Row:
    comment = {"comment": mark.comment} if mark.comment else {}
    return {
        "start": mark.start,
        "end": mark.end,
        "text": mark.text,
        "kind": mark.kind.name,
        "severity": mark.severity,
        **comment,
    }
