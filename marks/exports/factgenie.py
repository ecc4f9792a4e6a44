"""Marks with factgenie's fields: one line for each summary that somebody read, with its spans.

Field names are those of factgenie's annotation files (github.com/ufal/factgenie). Marks on the whole are flags, and
severity, document_id and query are fields beside its own, so that the import reads the same marks again.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from annotations.models import Study
from marks.exports.rows import mark_rows

Row = dict[str, Any]
_SUMMARY = ("document_id", "query", "query_number", "system")


def factgenie_rows(study: Study, *, excluded: bool = False) -> Iterator[Row]:
    """Yield a row for each annotator and summary, those with nothing found too, ordered by both."""
    kinds = [kind.name for kind in study.mark_kinds.all()]
    places = {name: n for n, name in enumerate(_documents(study))}
    splits = dict(study.dataset.documents.values_list("external_id", "split"))
    key = itemgetter("annotator", "place", "query", "query_number", "system")
    rows = [{"query": "", "query_number": 0, **row} for row in mark_rows(study, readings=True, excluded=excluded)]
    for row in rows:
        row["place"] = places[row["document_id"]]
    rows.sort(key=key)
    for _, marks in groupby(rows, key):
        group = list(marks)
        yield _row(study, group, kinds) | {"split": splits[group[0]["document_id"]]}


def _documents(study: Study) -> list[str]:
    return list(study.dataset.documents.order_by("position", "pk").values_list("external_id", flat=True))


def _row(study: Study, marks: list[Row], kinds: list[str]) -> Row:
    first = marks[0]
    about = {name: first[name] for name in _SUMMARY if name != "system" and first[name]}
    found = [mark for mark in marks if mark["kind"]]
    return {
        "dataset": study.dataset.name,
        "setup_id": first["system"],
        "example_idx": first["place"],
        "annotations": [_span(mark, kinds) for mark in found if mark["start"] is not None],
        "flags": [_flag(mark) for mark in found if mark["start"] is None],
        "metadata": {
            "annotator_id": first["annotator"],
            "annotation_span_categories": [{"name": name} for name in kinds],
            **about,
        },
    }


def _span(mark: Row, kinds: list[str]) -> Row:
    return {
        "type": kinds.index(mark["kind"]),
        "text": mark["text"],
        "start": mark["start"],
        "reason": mark.get("comment", ""),
        "severity": mark["severity"],
    }


def _flag(mark: Row) -> Row:
    return {
        "label": mark["kind"],
        "value": True,
        "reason": mark.get("comment", ""),
        "severity": mark["severity"],
    }
