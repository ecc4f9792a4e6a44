"""Tell whether a record says what is stored of its document already."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from lib.language_codes import UnknownLanguageError, language_code
from lib.names import normal_form
from models_runner.datasets.exports import document_rows
from models_runner.importing.jsonl import read_record
from models_runner.importing.records import ImportedRecord
from models_runner.models import Dataset


def changed_records(
    dataset: Dataset, records: Iterable[ImportedRecord], stored_ids: dict[str, str], split: str
) -> list[str]:
    """Return the ids of the records whose content is not that of the stored document.

    Args:
        dataset: The documents' dataset.
        records: Records of documents that are stored, a few hundred.
        stored_ids: The stored id of each record's id.
        split: Of records that name none; "" says nothing about it.
    """
    by_stored_id = {stored_ids[record.id]: record for record in records}
    stored = dataset.documents.filter(external_id__in=by_stored_id)
    hashes = dict(stored.values_list("external_id", "content_hash"))
    differ = [name for name, r in by_stored_id.items() if hashes[name] != r.content_hash(split)]
    changed = []
    for start in range(0, len(differ), 200):
        documents = dataset.documents.filter(external_id__in=differ[start : start + 200])
        for row in document_rows(documents.order_by("position")):
            record = by_stored_id[str(row["id"])]
            if not same_content(_stored_record(row), record, split):
                changed.append(record.id)
    return changed


def _stored_record(row: dict[str, Any]) -> ImportedRecord:
    known = {name: value for name, value in row.items() if name not in ("id", "language", "metadata")}
    record = read_record({"id": "stored", **known}, "stored", str(row["language"]))
    return replace(record, metadata=row["metadata"])


def same_content(stored: ImportedRecord, record: ImportedRecord, split: str) -> bool:
    """Tell whether a record has the content of the stored one; ids are compared elsewhere.

    Names are compared in their normal form, languages by code, numbers by value: databases write 1e2 as 100. What a
    record leaves out (its split, its language, the turns before noise was removed) is no difference.
    """
    wanted_split = normal_form(record.split or split)
    own_original = record.original_turns != record.turns
    return (
        stored.title == record.title
        and stored.references == record.references
        and _queries(stored) == _queries(record)
        and (record.language_is_guess or _language(stored.language) == _language(record.language))
        and wanted_split in ("", normal_form(stored.split))
        and _same_json(stored.turns, record.turns)
        and (not own_original or _same_json(stored.original_turns, record.original_turns))
        and _same_json(stored.metadata, record.metadata)
    )


def _queries(record: ImportedRecord) -> list[tuple[str, tuple[str, ...]]]:
    return [(normal_form(query.text), query.references) for query in record.queries]


def _language(name: str) -> str:
    try:
        return language_code(name)
    except UnknownLanguageError:
        return name


def _same_json(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same_json(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same_json, a, b))
    if _is_number(a) and _is_number(b):
        return bool(a == b) or _as_float(a) == _as_float(b)
    return type(a) is type(b) and bool(a == b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(number: float) -> float | int:
    try:
        return float(number)
    except OverflowError:
        return number
