"""Import summaries made elsewhere from JSON Lines or CSV, all or none."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from models_runner.datasets.instructions import sync_version
from models_runner.importing.files import json_objects, read_text
from models_runner.importing.records import MAX_ID_LENGTH, DatasetImportError, Fields, RecordError
from models_runner.models import Dataset, Document, InstructionKind, Query, Regime, Run, Summary, System
from models_runner.runs import lifecycle
from models_runner.systems.catalog import ensure_system, find_system

NUMBERS = ("prompt_tokens", "output_tokens", "dropped_tokens", "seconds")
LARGEST = 2_147_483_647
MOST_PARAMETERS = 10**15
ADAPTER = "imported"
COLUMNS = ("document_id", "summary", "query", "system", "instruction", "parameters", *NUMBERS)


@dataclass(frozen=True)
class ImportedSummary:
    """One line of the file, checked.

    Attributes:
        parameters: The system's number of parameters; None if the line does not give it.
        numbers: The fields of NUMBERS that the line gives.
        where: Where the line is in the file, for messages.
    """

    document_id: str
    text: str
    query: str
    system: str
    instruction: str
    parameters: int | None
    numbers: dict[str, float]
    where: str


@dataclass(frozen=True)
class Defaults:
    """Values for lines that do not give their own.

    Attributes:
        system: The system's slug.
        instruction: long, medium, short or query.
        regime: The regime of systems that the import creates.
    """

    system: str = ""
    instruction: str = InstructionKind.MEDIUM
    regime: str = Regime.ZERO_SHOT


@dataclass(frozen=True)
class ImportedRun:
    """What the import did to one run.

    Attributes:
        run: The run.
        added: Summaries that are new.
        unchanged: Summaries that the run had already.
    """

    run: Run
    added: int
    unchanged: int


def import_summaries(path: Path, dataset: Dataset, defaults: Defaults) -> list[ImportedRun]:
    """Import the summaries of one or more systems, with a run for each system and instruction.

    Raises:
        DatasetImportError: A line is wrong; nothing has changed.
    """
    imported, problems = _read(path, defaults)
    if not imported and not problems:
        problems = [f"{path.name}: there are no records to import."]
    if problems:
        raise DatasetImportError(problems)
    runs: dict[tuple[str, str], list[ImportedSummary]] = defaultdict(list)
    for summary in imported:
        runs[summary.system, summary.instruction].append(summary)
    with transaction.atomic():
        systems = _systems(imported, defaults.regime)
        return [_import(part, dataset, systems[slug], kind) for (slug, kind), part in runs.items()]


def _systems(imported: Sequence[ImportedSummary], regime: str) -> dict[str, System]:
    """Return the systems by name; unknown ones are added with the adapter `imported`."""
    systems: dict[str, System] = {}
    for summary in imported:
        if summary.system not in systems:
            systems[summary.system] = _system(summary, regime)
        parameters = systems[summary.system].parameters
        if summary.parameters is not None and parameters != summary.parameters:
            raise DatasetImportError(
                [f"{summary.where}, field 'parameters': {summary.system} has {parameters} elsewhere."]
            )
    return systems


def _system(summary: ImportedSummary, regime: str) -> System:
    if find_system(summary.system):
        system = ensure_system(summary.system)
        if system.adapter != ADAPTER:
            raise DatasetImportError(
                [
                    f"{summary.where}: system {system.slug} writes its summaries here (adapter {system.adapter}). "
                    "Give the imported one another name."
                ]
            )
        return system
    system = System(
        slug=summary.system, name=summary.system, adapter=ADAPTER, regime=regime, parameters=summary.parameters
    )
    try:
        system.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        field = "system" if name in ("slug", "name") else name
        raise DatasetImportError([f"{summary.where}, field {field!r}: {messages[0]}"]) from error
    system.save()
    return system


def _read(path: Path, defaults: Defaults) -> tuple[list[ImportedSummary], list[str]]:
    imported: list[ImportedSummary] = []
    problems: list[str] = []
    first: dict[tuple[str, ...], str] = {}
    try:
        for value, where in _csv_rows(path) if path.suffix.lower() == ".csv" else json_objects(path):
            try:
                summary = _imported_summary(value, where, defaults)
            except RecordError as error:
                problems.append(str(error))
                continue
            key = (summary.system, summary.instruction, summary.document_id, summary.query)
            if key in first:
                problems.append(f"{where}: document {summary.document_id!r} was summarized before, in {first[key]}.")
            first.setdefault(key, where)
            imported.append(summary)
    except RecordError as error:
        problems.append(str(error))
    return imported, problems


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


def _imported_summary(value: Any, where: str, defaults: Defaults) -> ImportedSummary:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "summary": ...}.')
    fields = Fields(value, where)
    fields.refuse_unknown(COLUMNS)
    query, instruction = fields.text("query").strip(), _instruction(fields, defaults)
    if instruction == InstructionKind.QUERY and not query:
        raise fields.fail("query", "is missing; with the instruction query, each summary answers one.")
    if query and instruction != InstructionKind.QUERY:
        raise fields.fail("query", "is there, but the instruction is not query.")
    return ImportedSummary(
        document_id=fields.text("document_id", required=True, longest=MAX_ID_LENGTH),
        text=fields.text("summary", required="summary" not in value).strip(),
        query=query,
        system=_system_name(fields, defaults),
        instruction=instruction,
        parameters=_parameters(fields),
        numbers={name: _number(fields, name) for name in NUMBERS if value.get(name) is not None},
        where=where,
    )


def _instruction(fields: Fields, defaults: Defaults) -> str:
    instruction = fields.text("instruction").strip() or defaults.instruction
    if instruction not in InstructionKind.values:
        raise fields.fail("instruction", f"is {instruction!r}; expected one of: {', '.join(InstructionKind.values)}.")
    return instruction


def _system_name(fields: Fields, defaults: Defaults) -> str:
    name = fields.text("system").strip()
    if defaults.system and name and name != defaults.system:
        raise fields.fail("system", f"is {name!r}, but the command says {defaults.system!r}.")
    if not (name or defaults.system):
        raise fields.fail("system", "is missing; name it on every line, or for the whole file with --system.")
    return name or defaults.system


def _parameters(fields: Fields) -> int | None:
    if fields.values.get("parameters") is None:
        return None
    number = int(_number(fields, "parameters", MOST_PARAMETERS))
    if not number:
        raise fields.fail("parameters", "is 0; leave it out where nobody knows.")
    return number


def _number(fields: Fields, name: str, largest: int = LARGEST) -> float:
    value = fields.values[name]
    expected = "a number" if name == "seconds" else "a whole number"
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < largest or (name != "seconds" and number != int(number)):
        raise fields.fail(name, f"is {value!r}; expected {expected}, 0 or more.")
    return number if name == "seconds" else int(number)


def _import(imported: Sequence[ImportedSummary], dataset: Dataset, system: System, instruction: str) -> ImportedRun:
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
    stored_texts = {(s.document_id, s.query_id): s.text for s in run.summaries.all()}
    problems, new = [], []
    for summary in imported:
        document = documents.get(summary.document_id)
        query = queries.get((document.pk, summary.query)) if document and summary.query else None
        if document is None or (summary.query and query is None):
            problems.append(_missing_target(summary, dataset, document))
            continue
        stored = stored_texts.get((document.pk, query.pk if query else None))
        if stored is None:
            new.append(_summary(run, document, query, summary))
        elif stored != summary.text:
            conflict = f"{system.slug} has another summary of {summary.document_id!r} already"
            problems.append(f"{summary.where}: {conflict}; it stays.")
    if problems:
        raise DatasetImportError(problems)
    Summary.objects.bulk_create(new, batch_size=500)
    _finish(run)
    return ImportedRun(run, len(new), len(imported) - len(new))


def _missing_target(summary: ImportedSummary, dataset: Dataset, document: Document | None) -> str:
    if document is None:
        return f"{summary.where}, field 'document_id': dataset {dataset.name} has no document {summary.document_id!r}."
    return f"{summary.where}, field 'query': document {summary.document_id!r} has no query {summary.query!r}."


def _summary(run: Run, document: Document, query: Query | None, summary: ImportedSummary) -> Summary:
    return Summary(
        run=run,
        document=document,
        query=query,
        status=Summary.Status.DONE,
        text=summary.text,
        stop_reason=Summary.StopReason.END if summary.text else Summary.StopReason.EMPTY,
        finished_at=timezone.now(),
        **{"dropped_tokens": 0, **summary.numbers},
    )


def _finish(run: Run) -> None:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.DONE, finished_at=now, environment={"system": run.system.spec(), "imported": True}
    )
    run.refresh_from_db()
    lifecycle.request_scores(run)
