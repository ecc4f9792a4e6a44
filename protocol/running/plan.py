"""What a run of a protocol would do and take: nothing here changes anything."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from models_runner.importing.preview import preview_import
from models_runner.importing.reading import Missing, ReadOptions
from models_runner.models import Dataset, ScoringJob, System
from models_runner.systems.readiness import system_needs
from protocol.file.schema import DatasetPart, Protocol, Source
from protocol.file.writing import plan_digest
from protocol.running.disk import DiskNeed, disk_needs
from protocol.running.estimates import Estimate, estimate, shown_hours
from protocol.running.people import PeopleNeed, people_need
from protocol.running.run import check_study, run_steps, steps_of
from protocol.running.summaries import StartRun
from protocol.running.work import Step, StepError, Work

DONE, TO_DO, STOPS = "done", "to do", "stops here"


@dataclass(frozen=True)
class PlannedStep:
    """One step, whether it is done, and why it cannot be done, if so."""

    title: str
    status: str
    reason: str = ""

    @property
    def kind(self) -> str:
        """What is made, such as "system", where the title is that and a name."""
        return self.title.partition(" ")[0]

    @property
    def name(self) -> str:
        return self.title.partition(" ")[2]


@dataclass(frozen=True)
class PlannedDataset:
    """documents, words: None where the files were not read, or are not there."""

    name: str
    documents: int | None
    words: int | None
    is_here: bool
    reason: str = ""


@dataclass(frozen=True)
class PlannedSystem:
    slug: str
    regime: str
    parameters: int | None
    size_class: str
    needs: str


@dataclass(frozen=True)
class PlannedRun:
    title: str
    system: str
    dataset: str
    instruction: str
    summaries: int | None
    done: int
    estimate: Estimate

    @property
    def hours(self) -> str:
        return shown_hours(self.estimate.hours)


@dataclass(frozen=True)
class Plan:
    """A protocol's plan; as_json() is what `protocol plan --json` prints."""

    study: str
    plan_sha256: str
    steps: list[PlannedStep]
    datasets: list[PlannedDataset]
    systems: list[PlannedSystem]
    runs: list[PlannedRun]
    metrics: dict[str, int]
    people: PeopleNeed
    disk: DiskNeed
    problem: str = ""
    free_bytes: int | None = None

    @property
    def stops(self) -> list[PlannedStep]:
        return [step for step in self.steps if step.status == STOPS]

    def total(self, name: str) -> float | None:
        """Sum an estimate over the runs; None if it is unknown for any of them."""
        values = [getattr(run.estimate, name) for run in self.runs]
        return None if None in values else sum(values)

    def known(self, name: str) -> float:
        """Sum an estimate over the runs for which it is known."""
        return sum(getattr(run.estimate, name) or 0 for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        names = ("calls", "prompt_tokens", "output_tokens", "dollars", "hours")
        return asdict(self) | {"total": {name: self.total(name) for name in names}}


def make_plan(work: Work) -> Plan:
    """Look at files and database, and say what a run would do. Never raises StepError: what stops is in the plan."""
    protocol = work.protocol
    datasets = {name: _dataset(name, part, work) for name, part in protocol.datasets.items()}
    problem = ""
    try:
        check_study(work)
    except StepError as error:
        problem = str(error)
    systems = {slug: _record(protocol, slug) for slug in (*protocol.systems, *protocol.finetunings)}
    sizes = {name: _word_counts(name, part, work) for name, part in protocol.datasets.items()}
    runs = [_run(step, systems[step.slug], sizes[step.key[0]]) for step in run_steps(protocol)]
    return Plan(
        study=protocol.study.slug,
        plan_sha256=plan_digest(protocol),
        steps=_steps(work),
        datasets=list(datasets.values()),
        systems=[_system(record, slug in protocol.finetunings) for slug, record in systems.items()],
        runs=runs,
        metrics=_metrics(protocol),
        people=people_need(protocol, {name: dataset.documents for name, dataset in datasets.items()}),
        disk=disk_needs(work, systems),
        problem=problem,
        free_bytes=shutil.disk_usage(settings.DATA_DIR).free if Path(settings.DATA_DIR).exists() else None,
    )


def _steps(work: Work) -> list[PlannedStep]:
    try:
        return [_planned(step, work) for step in steps_of(work.protocol)]
    except StepError as error:
        return [PlannedStep("systems", STOPS, str(error))]


def _planned(step: Step, work: Work) -> PlannedStep:
    try:
        if step.is_done(work):
            return PlannedStep(step.title, DONE)
        reason = step.blocked(work)
    except StepError as error:
        reason = str(error)
    return PlannedStep(step.title, STOPS if reason else TO_DO, reason)


# ---- datasets


def _dataset(name: str, part: DatasetPart, work: Work) -> PlannedDataset:
    dataset = Dataset.objects.filter(name=name).first()
    counts = _word_counts(name, part, work)
    reason = ""
    if counts is None:
        reason = "its files are not read here" if work.folder is None else "its files are not there"
    documents = None if counts is None else len(counts)
    words = None if counts is None else sum(count for _, count in counts)
    return PlannedDataset(name, documents, words, dataset is not None, reason)


def _word_counts(name: str, part: DatasetPart, work: Work) -> list[tuple[str, int]] | None:
    """Return split and words of each document, from the database or else from the files; None if nobody can say."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is not None and dataset.documents.exists():
        return list(dataset.documents.order_by("position").values_list("split", "word_count"))
    if work.folder is None or not part.sources:
        return None
    counts: list[tuple[str, int]] = []
    for source in part.sources:
        if (read := _read(source, work)) is None:
            return None
        counts += read
    return counts


def _read(source: Source, work: Work) -> list[tuple[str, int]] | None:
    try:
        path = work.path(source.path)
    except StepError:
        return None
    how = ReadOptions(
        format=source.format,
        fields={name: tuple(columns) for name, columns in source.map.items()},
        language=source.language,
        encoding=source.encoding,
        sheet=source.sheet,
        split=source.split,
        missing=Missing(source.missing),
    )
    preview = preview_import(path, how)
    if preview.problems:
        return None
    return [
        (document.split or file.split or source.split, sum(len(turn["content"].split()) for turn in document.turns))
        for file in preview.files
        for document in file.documents
    ]


# ---- systems and runs


def _record(protocol: Protocol, slug: str) -> System:
    """Return the stored system, or one made of the file's words, not saved; a fine-tuned one is like its base."""
    stored = System.objects.filter(slug=slug).first()
    if stored is not None:
        return stored
    if slug in protocol.finetunings:
        base = _record(protocol, protocol.finetunings[slug].base) if protocol.finetunings[slug].base != slug else None
        tuned = System(slug=slug, adapter="transformers")
        for name in ("parameters", "context_window", "decoding", "long_input", "engine", "model_id"):
            setattr(tuned, name, getattr(base, name))
        tuned.regime = "fine-tuned"
        return tuned
    return System(slug=slug, **protocol.systems[slug].model_dump(exclude={"base"}))


def _system(record: System, is_tuned: bool) -> PlannedSystem:
    needs = (
        "its fine-tuning, which is a step of this protocol" if is_tuned and record.pk is None else system_needs(record)
    )
    return PlannedSystem(record.slug, record.regime, record.parameters, record.size_class, needs)


def _run(step: StartRun, system: System, sizes: Sequence[tuple[str, int]] | None) -> PlannedRun:
    name, split, limit, _ = step.key
    run = step.run()
    done = run.summaries.done().count() if run is not None else 0
    counts = None if sizes is None else [words for of, words in sizes if split in ("", of)][:limit]
    wanted = step.wanted() or (None if counts is None else len(counts))
    if run is not None and wanted is not None:
        wanted = max(wanted, run.summaries.count())
    left = None if wanted is None else max(0, wanted - done)
    # Which ones are done does not matter to an estimate. A document with several queries is read for each.
    todo = None if counts is None or left is None else [counts[n % len(counts)] for n in range(done, done + left)]
    taken = estimate(system, step.instruction, todo, left)
    return PlannedRun(step.title, system.slug, name, step.instruction, wanted, done, taken)


def _metrics(protocol: Protocol) -> dict[str, int]:
    """Return how many runs lack each metric."""
    runs = [step.run() for step in run_steps(protocol)]
    jobs = ScoringJob.objects.filter(run__in=[run for run in runs if run], status=ScoringJob.Status.DONE)
    return {key: len(runs) - jobs.filter(metric=key).count() for key in protocol.metrics}
