"""Marks by sentence, as a table for spreadsheets: each sentence of each summary that somebody read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from annotations.evidence.alignment import sentence_spans
from annotations.models import Study
from lib.csv_cells import csv_line
from marks.exports.rows import repeated_queries, summary_row
from marks.models import Mark, Reading, Severity
from models_runner.models import Summary

AT_ONCE = 500
COLUMNS = (
    *("document_id", "query", "query_number", "system", "annotator", "sentence", "start", "end", "text"),
    *("marks", "minor", "major", "kinds"),
)


def sentence_lines(study: Study, *, excluded: bool = False) -> Iterator[str]:
    """Yield lines of CSV: one for each annotator and sentence, and one with sentence 0 for marks on the whole."""
    yield csv_line(COLUMNS)
    readers = _readers(study, excluded=excluded)
    summaries = Summary.objects.filter(pk__in=readers).select_related("document", "query", "run__system")
    repeated = repeated_queries(study)
    for summary in summaries.order_by("document__position", "pk").iterator(AT_ONCE):
        marks = _marks(study, summary, excluded=excluded)
        about = summary_row(summary, repeated)
        spans = [(0, 0), *sentence_spans(summary.text, summary.document.language)]
        for annotator, name in readers[summary.pk]:
            for number, (start, end) in enumerate(spans):
                inside = [mark for mark in marks.get(annotator, ()) if _is_in(mark, start, end, whole=number == 0)]
                if number or inside:
                    place = [number, start, end, summary.text[start:end]] if number else [0, None, None, None]
                    values = [about.get(column) for column in COLUMNS[:4]]
                    yield csv_line([*values, name, *place, *_counts(inside)])


def _readers(study: Study, *, excluded: bool) -> dict[int, list[tuple[int, str]]]:
    """Return who read each summary, or marked it: key and name."""
    readings, marks = (Reading.objects.all(), Mark.objects.standing()) if excluded else (
        Reading.objects.counted(), Mark.objects.counted()
    )  # fmt: skip
    found: set[tuple[int, int, str]] = set()
    for rows in (readings, marks):
        columns = rows.filter(study=study).values_list("summary_id", "annotator_id", "annotator__pseudonym")
        found.update(columns.iterator(AT_ONCE))
    by_summary: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for summary, annotator, name in sorted(found):
        by_summary[summary].append((annotator, name))
    return dict(by_summary)


def _marks(study: Study, summary: Summary, *, excluded: bool) -> dict[int, list[Mark]]:
    marks = Mark.objects.standing() if excluded else Mark.objects.counted()
    by_annotator: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks.filter(study=study, summary=summary).select_related("kind").order_by("pk"):
        by_annotator[mark.annotator_id].append(mark)
    return by_annotator


def _is_in(mark: Mark, start: int, end: int, *, whole: bool) -> bool:
    if mark.start is None or mark.end is None:
        return whole
    return not whole and mark.start < end and mark.end > start


def _counts(marks: Iterable[Mark]) -> list[Any]:
    marks = list(marks)
    by_severity = [sum(mark.severity == severity for mark in marks) for severity in (Severity.MINOR, Severity.MAJOR)]
    return [len(marks), *by_severity, "; ".join(sorted({mark.kind.name for mark in marks}))]
