"""Import summaries made elsewhere, all or none."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from lib.names import AmbiguousNameError, ByName
from lib.text.repetition import goes_in_circles
from models_runner.datasets.instructions import sync_version
from models_runner.datasets.lookup import stored_split
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.importing.records import DatasetImportError, RecordError
from models_runner.importing.summaries_file import (
    COLUMNS,
    Defaults,
    ImportedSummary,
    Part,
    SummarySpool,
    read_summaries,
)
from models_runner.models import Dataset, Run, Summary, System
from models_runner.runs import lifecycle
from models_runner.systems.catalog import ensure_system, find_system
from models_runner.systems.fingerprint import is_released_as, system_fingerprint

__all__ = ["COLUMNS", "Defaults", "ImportedRun", "import_summaries"]

ADAPTER = "imported"
AT_ONCE = 500
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


class _StoredText(NamedTuple):
    """A finished summary, without its text: the run, its split, and hashes of the text as it is and as compared."""

    run: int
    split: str
    sha256: str
    compared: bytes


@dataclass
class _Stored:
    """A system's summaries of a dataset under one instruction, by what they are about.

    Attributes:
        runs: By key.
        done: Finished ones.
        open: Runs that have one which is not finished.
    """

    runs: dict[int, Run] = field(default_factory=dict)
    done: dict[Unit, list[_StoredText]] = field(default_factory=lambda: defaultdict(list))
    open: dict[Unit, list[Run]] = field(default_factory=lambda: defaultdict(list))


class _Target(NamedTuple):
    """The document, its language, and the query that a summary is about."""

    document: int
    language: str
    query: int | None

    @property
    def unit(self) -> Unit:
        return self.document, self.query


@dataclass(frozen=True)
class _SummaryImport:
    """The summaries of the file, and where they go."""

    imported: SummarySpool
    dataset: Dataset
    finder: "_TargetFinder"

    def of(self, part: Part) -> Iterator[tuple[int, ImportedSummary, _Target | None]]:
        for place, summary in self.imported.of(part):
            yield place, summary, self.finder.find(summary)


@dataclass(frozen=True)
class _Plan:
    """What is to be added to one run.

    Attributes:
        split: The stored name of the run's split.
        named_split: Whether the file names it; else summaries of any split count as known.
        new: Places of new summaries in the spool.
    """

    system: System
    split: str
    named_split: bool
    stored: _Stored
    new: dict[Unit, int] = field(default_factory=dict)

    def holder(self, summary: ImportedSummary, target: _Target) -> Run | None:
        """Return the run that has this summary with the same text already."""
        for given in self.stored.done.get(target.unit, ()):
            if (given.split == self.split or not self.named_split) and _is_text(summary, given):
                return self.stored.runs[given.run]
        return None


def import_summaries(path: Path, dataset: Dataset, defaults: Defaults) -> list[ImportedRun]:
    """Import the summaries of one or more systems, with a run for each system, instruction and split.

    The file is read line by line, and its summaries wait outside the memory, so that only names and numbers grow.

    Raises:
        DatasetImportError: A line is wrong; nothing has changed.
    """
    with SummarySpool() as imported:
        read_summaries(path, defaults, imported)
        with transaction.atomic():
            work = _SummaryImport(imported, dataset, _TargetFinder(dataset))
            systems = _checked_systems(work, defaults.regime)
            done = [_import(work, systems[part[0]], part) for part in imported.parts()]
            if not any(done):
                raise DatasetImportError([f"{path.name}: every summary is withheld here, and none is stored already."])
            return [part for part in done if part]


def _checked_systems(work: _SummaryImport, regime: str) -> dict[str, System]:
    """Return the systems by name; unknown ones are added with the adapter `imported`.

    Raises:
        DatasetImportError: A system has other parameters elsewhere, or there is no such document or query.
    """
    systems: dict[str, System] = {}
    problems = []
    for summary in work.imported:
        if summary.system not in systems:
            systems[summary.system] = _system(summary, regime)
        parameters, given = systems[summary.system].parameters, summary.facts.parameters
        if given is not None and parameters != given:
            raise DatasetImportError(
                [f"{summary.where}, field 'parameters': {summary.system} has {parameters} elsewhere."]
            )
        try:
            work.finder.find(summary)
        except RecordError as error:
            problems.append(str(error))
    if problems:
        raise DatasetImportError(problems)
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


class _TargetFinder:
    """Finds what a summary is about among a dataset's documents and queries."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        rows = dataset.documents.order_by().values_list("external_id", "pk", "language")
        self._documents = ByName((name, (pk, language)) for name, pk, language in rows.iterator())
        self._queries = QueryFinder(dataset)

    def find(self, summary: ImportedSummary) -> _Target | None:
        """Return the target; None for a summary that is withheld with its document, which is not here either.

        Raises:
            RecordError: There is no such document or query, or several.
        """
        try:
            document = self._documents.find(summary.document_id)
            if document is None and summary.text is None:
                return None
            if document is None:
                message = f"dataset {self._dataset.name} has no document {summary.document_id!r}."
                raise RecordError(f"{summary.where}, field 'document_id'", message)
            query = self._queries.find(document[0], summary.document_id, summary.query, summary.query_number)
            return _Target(*document, query.pk if query else None)
        except AmbiguousNameError as error:
            raise RecordError(f"{summary.where}, field 'document_id'", str(error)) from error
        except UnknownQueryError as error:
            raise RecordError(f"{summary.where}, field {error.field!r}", str(error)) from error


def _stored(dataset: Dataset, system: System, instruction: str) -> _Stored:
    runs = Run.objects.filter(dataset=dataset, system=system, instruction=instruction)
    stored = _Stored({run.pk: run for run in runs})
    rows = Summary.objects.filter(run__in=list(stored.runs)).order_by("run_id", "pk")
    columns = rows.values_list("run_id", "document_id", "query_id", "status", "text")
    for run, document, query, status, text in columns.iterator(AT_ONCE):
        unit = (document, query)
        if status == Summary.Status.DONE:
            kept = _StoredText(run, stored.runs[run].split, _sha256(text).hexdigest(), _as_compared(text))
            stored.done[unit].append(kept)
        else:
            stored.open[unit].append(stored.runs[run])
    return stored


def _import(work: _SummaryImport, system: System, part: Part) -> ImportedRun | None:
    """Add the summaries that are not here; None if there are neither new nor known ones, because all are withheld."""
    _, instruction, split = part
    # Concurrent imports write one after the other.
    Dataset.objects.select_for_update().get(pk=work.dataset.pk)
    name, stored = stored_split(work.dataset, split or ""), _stored(work.dataset, system, instruction)
    plan = _Plan(system, name, split is not None, stored)
    problems: list[str] = []
    known = withheld = 0
    holder = None
    for place, summary, target in work.of(part):
        if target and (run := plan.holder(summary, target)) is not None:
            known += 1
            holder = holder or run
        elif target is None or summary.text is None:
            withheld += 1
        elif problem := _why_not_new(work, plan, summary, target):
            problems.append(f"{summary.where}: {problem}")
        else:
            plan.new[target.unit] = place
    if plan.new:
        problems += _why_not_of(system, work.imported.at(next(iter(plan.new.values()))))
    if problems:
        raise DatasetImportError(problems)
    run = _add(work, plan, instruction) if plan.new else holder
    return ImportedRun(run, len(plan.new), known, withheld) if run else None


def _is_text(summary: ImportedSummary, stored: _StoredText) -> bool:
    if summary.text is None:
        return stored.sha256 == summary.text_sha256
    return stored.compared == _as_compared(summary.text)


def _as_compared(text: str) -> bytes:
    """Return a hash; earlier versions stored summaries without the blanks around them."""
    return _sha256(text.strip()).digest()


def _sha256(text: str) -> "hashlib._Hash":
    return hashlib.sha256(text.encode())


def _why_not_new(work: _SummaryImport, plan: _Plan, summary: ImportedSummary, target: _Target) -> str:
    """Tell why a summary cannot be added; "" if it can."""
    stored, name = plan.stored, plan.system.slug
    if target.unit in plan.new:
        before = work.imported.at(plan.new[target.unit]).where
        return f"document {summary.document_id!r} was summarized before, in {before}."
    if any(given.split == plan.split for given in stored.done.get(target.unit, ())):
        return f"{name} has another summary of {summary.document_id!r} already; it stays."
    if open_run := next((run for run in stored.open.get(target.unit, ()) if run.split == plan.split), None):
        return (
            f"run {open_run.pk} of {name} has no finished summary of {summary.document_id!r} yet. "
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


def _add(work: _SummaryImport, plan: _Plan, instruction: str) -> Run:
    run, created = Run.objects.get_or_create(
        system=plan.system,
        dataset=work.dataset,
        split=plan.split,
        instruction=instruction,
        defaults={"instruction_version": sync_version(instruction)},
    )
    lifecycle.lock_run(run.pk)
    places = list(plan.new.values())
    for begin in range(0, len(places), AT_ONCE):
        new = (work.imported.at(place) for place in places[begin : begin + AT_ONCE])
        Summary.objects.bulk_create(_summary(run, summary, work.finder.find(summary)) for summary in new)
    if created or run.environment.get("imported"):
        Run.objects.filter(pk=run.pk).update(
            status=Run.Status.DONE,
            finished_at=timezone.now(),
            environment={"system": plan.system.spec(), "imported": True},
            leaked_documents=run.summaries.filter(leaked=True).values("document").distinct().count(),
        )
        run.refresh_from_db()
    lifecycle.request_scores(run)
    return run


def _summary(run: Run, summary: ImportedSummary, target: _Target | None) -> Summary:
    assert target is not None  # noqa: S101  (a new summary has a document)
    text, reason = summary.text or "", summary.stop_reason
    without_text = reason if reason in Summary.WITHOUT_TEXT else Summary.StopReason.EMPTY
    values: dict[str, Any] = {"dropped_tokens": 0, **summary.numbers}
    return Summary(
        run=run,
        document_id=target.document,
        query_id=target.query,
        status=Summary.Status.DONE,
        text=text,
        thoughts=summary.thoughts,
        stop_reason=(reason or Summary.StopReason.END) if text else without_text,
        leaked=summary.leaked,
        repeated=goes_in_circles(text, target.language),
        finished_at=timezone.now(),
        **values,
    )
