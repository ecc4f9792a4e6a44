"""Import summaries made elsewhere, all or none."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.instructions import sync_version
from models_runner.datasets.lookup import stored_split
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.importing.records import DatasetImportError
from models_runner.importing.summaries_file import COLUMNS, Defaults, ImportedSummary, Part, read_summaries
from models_runner.models import Dataset, Document, Query, Run, Summary, System
from models_runner.runs import lifecycle
from models_runner.runs.repetition import goes_in_circles
from models_runner.systems.catalog import ensure_system, find_system
from models_runner.systems.fingerprint import is_released_as, system_fingerprint

__all__ = ["COLUMNS", "Defaults", "ImportedRun", "import_summaries"]

ADAPTER = "imported"
Unit = tuple[int, int | None]  # (document id, query id)


@dataclass(frozen=True)
class ImportedRun:
    """What the import did to one run.

    Attributes:
        run: The run.
        added: Summaries that are new.
        unchanged: Summaries that were there already.
        withheld: Summaries that a release withholds and that are not here.
    """

    run: Run
    added: int
    unchanged: int
    withheld: int = 0


@dataclass
class _Stored:
    """A system's summaries of a dataset under one instruction, by what they are about.

    Attributes:
        done: Finished ones, as (run, text).
        open: Runs that have one which is not finished.
    """

    done: dict[Unit, list[tuple[Run, str]]] = field(default_factory=lambda: defaultdict(list))
    open: dict[Unit, list[Run]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class _Target:
    """A line of the file, with the document and query that it is about."""

    summary: ImportedSummary
    document: Document
    query: Query | None

    @property
    def unit(self) -> Unit:
        return self.document.pk, self.query.pk if self.query else None


def import_summaries(path: Path, dataset: Dataset, defaults: Defaults) -> list[ImportedRun]:
    """Import the summaries of one or more systems, with a run for each system, instruction and split.

    Raises:
        DatasetImportError: A line is wrong; nothing has changed.
    """
    imported = read_summaries(path, defaults)
    with transaction.atomic():
        systems = _systems(imported, defaults.regime)
        targets = _targets(imported, dataset)
        parts: dict[Part, list[_Target]] = defaultdict(list)
        for target in targets:
            parts[target.summary.part].append(target)
        # Withheld with their documents, which are not here either.
        unknown = Counter(summary.part for summary in imported) - Counter(target.summary.part for target in targets)
        done = [_import(part, dataset, systems[key[0]], key, unknown[key]) for key, part in parts.items()]
        if not any(done):
            raise DatasetImportError([f"{path.name}: every summary is withheld here, and none is stored already."])
        return [part for part in done if part]


def _systems(imported: Sequence[ImportedSummary], regime: str) -> dict[str, System]:
    """Return the systems by name; unknown ones are added with the adapter `imported`."""
    systems: dict[str, System] = {}
    for summary in imported:
        if summary.system not in systems:
            systems[summary.system] = _system(summary, regime)
        parameters, given = systems[summary.system].parameters, summary.facts.parameters
        if given is not None and parameters != given:
            raise DatasetImportError(
                [f"{summary.where}, field 'parameters': {summary.system} has {parameters} elsewhere."]
            )
    return systems


def _system(summary: ImportedSummary, regime: str) -> System:
    if find_system(summary.system):
        return ensure_system(summary.system)
    facts = summary.facts
    system = System(
        slug=summary.system,
        name=facts.name or summary.system,
        adapter=ADAPTER,
        regime=facts.regime or regime,
        parameters=facts.parameters,
    )
    try:
        system.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        wrong = "system" if name in ("slug", "name") else name
        raise DatasetImportError([f"{summary.where}, field {wrong!r}: {messages[0]}"]) from error
    system.save()
    return system


def _targets(imported: Sequence[ImportedSummary], dataset: Dataset) -> list[_Target]:
    documents = ByName((document.external_id, document) for document in dataset.documents.all())
    queries = QueryFinder(dataset)
    targets, problems = [], []
    for summary in imported:
        try:
            document = documents.find(summary.document_id)
            if document is None and summary.text is None:
                continue
            if document is None:
                message = f"dataset {dataset.name} has no document {summary.document_id!r}."
                problems.append(f"{summary.where}, field 'document_id': {message}")
                continue
            query = queries.find(document.pk, summary.document_id, summary.query, summary.query_number)
            targets.append(_Target(summary, document, query))
        except AmbiguousNameError as error:
            problems.append(f"{summary.where}, field 'document_id': {error}")
        except UnknownQueryError as error:
            problems.append(f"{summary.where}, field {error.field!r}: {error}")
    if problems:
        raise DatasetImportError(problems)
    return targets


def _stored(dataset: Dataset, system: System, instruction: str) -> _Stored:
    stored = _Stored()
    rows = Summary.objects.filter(run__dataset=dataset, run__system=system, run__instruction=instruction)
    for row in rows.select_related("run").order_by("run_id", "pk"):
        unit = (row.document_id, row.query_id)
        if row.status == Summary.Status.DONE:
            stored.done[unit].append((row.run, row.text))
        else:
            stored.open[unit].append(row.run)
    return stored


def _import(
    targets: Sequence[_Target], dataset: Dataset, system: System, part: Part, withheld: int
) -> ImportedRun | None:
    """Add the summaries that are not here; None if there are neither new nor known ones, because all are withheld."""
    _, instruction, split = part
    name = stored_split(dataset, split or "")
    # Concurrent imports write one after the other.
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    stored = _stored(dataset, system, instruction)
    new: dict[Unit, _Target] = {}
    problems, holders = [], []
    for target in targets:
        elsewhere = [(run, text) for run, text in stored.done[target.unit] if split is None or run.split == name]
        if holder := next((run for run, text in elsewhere if _is_text(target.summary, text)), None):
            holders.append(holder)
        elif target.summary.text is None:
            withheld += 1
        elif problem := _why_not_new(target, stored, new, system, name):
            problems.append(f"{target.summary.where}: {problem}")
        else:
            new[target.unit] = target
    if new:
        problems += _why_not_of(system, next(iter(new.values())).summary)
    if problems:
        raise DatasetImportError(problems)
    if not new and not holders:
        return None
    run = _add(list(new.values()), dataset, system, instruction, name) if new else holders[0]
    return ImportedRun(run, len(new), len(holders), withheld)


def _is_text(summary: ImportedSummary, stored: str) -> bool:
    if summary.text is None:
        return hashlib.sha256(stored.encode()).hexdigest() == summary.text_sha256
    # Earlier versions stored summaries without the blanks around them.
    return summary.text.strip() == stored.strip()


def _why_not_new(target: _Target, stored: _Stored, new: dict[Unit, _Target], system: System, split: str) -> str:
    """Tell why a summary cannot be added; "" if it can."""
    summary = target.summary
    if target.unit in new:
        return f"document {summary.document_id!r} was summarized before, in {new[target.unit].summary.where}."
    if any(run.split == split for run, _ in stored.done[target.unit]):
        return f"{system.slug} has another summary of {summary.document_id!r} already; it stays."
    if open_run := next((run for run in stored.open[target.unit] if run.split == split), None):
        return (
            f"run {open_run.pk} of {system.slug} has no finished summary of {summary.document_id!r} yet. "
            "Let it finish, or import under another name."
        )
    return ""


def _why_not_of(system: System, summary: ImportedSummary) -> list[str]:
    """Tell why new summaries cannot be this system's; one that writes here takes those of the same system only."""
    facts = summary.facts
    if system.adapter == ADAPTER or facts.sha256 == system_fingerprint(system):
        return []
    if facts.settings and is_released_as(system, facts.settings):
        return []
    other = " with other settings than the file's" if facts.sha256 or facts.settings else ""
    return [
        f"{summary.where}: system {system.slug} writes its summaries here (adapter {system.adapter}){other}. "
        "Give the imported one another name."
    ]


def _add(new: Sequence[_Target], dataset: Dataset, system: System, instruction: str, split: str) -> Run:
    run, created = Run.objects.get_or_create(
        system=system,
        dataset=dataset,
        split=split,
        instruction=instruction,
        defaults={"instruction_version": sync_version(instruction)},
    )
    lifecycle.lock_run(run.pk)
    Summary.objects.bulk_create([_summary(run, target) for target in new], batch_size=500)
    if created or run.environment.get("imported"):
        Run.objects.filter(pk=run.pk).update(
            status=Run.Status.DONE,
            finished_at=timezone.now(),
            environment={"system": system.spec(), "imported": True},
            leaked_documents=run.summaries.filter(leaked=True).values("document").distinct().count(),
        )
        run.refresh_from_db()
    lifecycle.request_scores(run)
    return run


def _summary(run: Run, target: _Target) -> Summary:
    summary = target.summary
    text, reason = summary.text or "", summary.stop_reason
    without_text = reason if reason in Summary.WITHOUT_TEXT else Summary.StopReason.EMPTY
    values: dict[str, Any] = {"dropped_tokens": 0, **summary.numbers}
    return Summary(
        run=run,
        document=target.document,
        query=target.query,
        status=Summary.Status.DONE,
        text=text,
        thoughts=summary.thoughts,
        stop_reason=(reason or Summary.StopReason.END) if text else without_text,
        leaked=summary.leaked,
        repeated=goes_in_circles(text, target.document.language),
        finished_at=timezone.now(),
        **values,
    )
