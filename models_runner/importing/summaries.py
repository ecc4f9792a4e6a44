"""Summaries made elsewhere, as JSON Lines or CSV: all of them or none."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from models_runner import services
from models_runner.importing.files import json_objects, read_text
from models_runner.importing.records import MAX_ID_LENGTH, DatasetImportError, Fields, RecordError
from models_runner.instructions import sync_version
from models_runner.models import Dataset, Document, InstructionKind, Query, Run, Summary, System

NUMBERS = ("prompt_tokens", "output_tokens", "dropped_tokens", "seconds")
LARGEST = 2_147_483_647
COLUMNS = ("document_id", "summary", "query", *NUMBERS)


@dataclass(frozen=True)
class Given:
    document_id: str
    text: str
    query: str
    numbers: dict[str, float]
    where: str


@dataclass(frozen=True)
class Imported:
    run: Run
    added: int
    unchanged: int


def import_summaries(path: Path, dataset: Dataset, system: System, instruction: str) -> Imported:
    """Summaries of one system under one instruction. Raises DatasetImportError; then nothing has changed."""
    given, problems = _read(path)
    wanted = InstructionKind.QUERY if instruction == InstructionKind.QUERY else ""
    problems += [_query_problem(one, wanted) for one in given if bool(one.query) != bool(wanted)]
    if not given and not problems:
        problems = [f"{path.name}: there are no records to import."]
    if problems:
        raise DatasetImportError(problems)
    with transaction.atomic():
        return _import(given, dataset, system, instruction)


def _query_problem(one: Given, wanted: str) -> str:
    if wanted:
        return f"{one.where}, field 'query': is missing; with the instruction query, each summary answers one."
    return f"{one.where}, field 'query': is there, but the instruction is not query."


def _read(path: Path) -> tuple[list[Given], list[str]]:
    given: list[Given] = []
    problems: list[str] = []
    first: dict[tuple[str, str], str] = {}
    try:
        for value, where in _csv_rows(path) if path.suffix.lower() == ".csv" else json_objects(path):
            try:
                one = _given(value, where)
            except RecordError as error:
                problems.append(str(error))
                continue
            key = (one.document_id, one.query)
            if key in first:
                problems.append(f"{where}: document {one.document_id!r} was summarized before, in {first[key]}.")
            first.setdefault(key, where)
            given.append(one)
    except RecordError as error:
        problems.append(str(error))
    return given, problems


def _csv_rows(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            if None in row or None in row.values():
                raise RecordError(where, f"has not as many cells as the header has columns: {reader.fieldnames}.")
            yield {name.strip(): cell for name, cell in row.items() if cell.strip()}, where
    except csv.Error as error:
        raise RecordError(f"{path.name}, line {reader.line_num}", f"is not CSV: {error}.") from error


def _given(value: Any, where: str) -> Given:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "summary": ...}.')
    fields = Fields(value, where)
    fields.refuse_unknown(COLUMNS)
    return Given(
        document_id=fields.text("document_id", required=True, longest=MAX_ID_LENGTH),
        text=fields.text("summary", required="summary" not in value).strip(),
        query=fields.text("query").strip(),
        numbers={name: _number(fields, name) for name in NUMBERS if value.get(name) is not None},
        where=where,
    )


def _number(fields: Fields, name: str) -> float:
    value = fields.values[name]
    expected = "a number" if name == "seconds" else "a whole number"
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < LARGEST or (name != "seconds" and number != int(number)):
        raise fields.fail(name, f"is {value!r}; expected {expected}, 0 or more.")
    return number if name == "seconds" else int(number)


def _import(given: Sequence[Given], dataset: Dataset, system: System, instruction: str) -> Imported:
    run, _ = Run.objects.get_or_create(
        system=system,
        dataset=dataset,
        split="",
        instruction=instruction,
        defaults={"instruction_version": sync_version(instruction)},
    )
    Run.objects.select_for_update().get(pk=run.pk)
    documents = {d.external_id: d for d in dataset.documents.all()}
    queries = {(q.document_id, q.text): q for q in Query.objects.filter(document__dataset=dataset)}
    known = {(s.document_id, s.query_id): s.text for s in run.summaries.all()}
    problems, new = [], []
    for one in given:
        document = documents.get(one.document_id)
        query = queries.get((document.pk, one.query)) if document and one.query else None
        if document is None or (one.query and query is None):
            problems.append(_place_problem(one, dataset, document))
            continue
        stored = known.get((document.pk, query.pk if query else None))
        if stored is None:
            new.append(_summary(run, document, query, one))
        elif stored != one.text:
            problems.append(f"{one.where}: {system.slug} has another summary of {one.document_id!r} already; it stays.")
    if problems:
        raise DatasetImportError(problems)
    Summary.objects.bulk_create(new, batch_size=500)
    _finish(run)
    return Imported(run, len(new), len(given) - len(new))


def _place_problem(one: Given, dataset: Dataset, document: Document | None) -> str:
    if document is None:
        return f"{one.where}, field 'document_id': dataset {dataset.name} has no document {one.document_id!r}."
    return f"{one.where}, field 'query': document {one.document_id!r} has no query {one.query!r}."


def _summary(run: Run, document: Document, query: Query | None, one: Given) -> Summary:
    return Summary(
        run=run,
        document=document,
        query=query,
        status=Summary.Status.DONE,
        text=one.text,
        stop_reason=Summary.StopReason.END if one.text else Summary.StopReason.EMPTY,
        finished_at=timezone.now(),
        **{"dropped_tokens": 0, **one.numbers},
    )


def _finish(run: Run) -> None:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.DONE, finished_at=now, environment={"system": run.system.spec(), "imported": True}
    )
    run.refresh_from_db()
    services.request_scores(run)
