"""The protocol of any study: what its rows say, and from the record what rows do not hold.

Where the files of a dataset lay, the words of the planned analysis, and runs beyond the study's own are known only if
the study was made from a protocol, or put on record. Without that, the content's fingerprint stands in their place.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from annotations.models import LookSpending, Study
from models_runner.datasets.instructions import texts_of, wordings
from models_runner.metrics.registry import METRICS
from models_runner.models import Dataset, FineTuning, ImportedSource, Run, ScoringJob, System
from models_runner.runs.lifecycle import DEFAULT_METRICS
from models_runner.systems import catalog
from protocol.file.completing import NOT_RUN, RunKey, canonical, grouped, single_runs
from protocol.file.schema import (
    AnalysisPart,
    DatasetPart,
    FineTuningPart,
    Protocol,
    RunsPart,
    Source,
    SummariesPart,
    SystemPart,
)
from protocol.file.writing import as_text
from protocol.models import ProtocolRecord
from protocol.study.contents import dataset_content, summaries_content
from protocol.study.parts import finetuning_part, study_part, system_part
from protocol.study.possible import check_possible, unwritable
from protocol.study.records import newest_record, recorded_protocol
from protocol.study.remarks import remarks_on


def protocol_text(study: Study) -> str:
    """Return the file of a study, with remarks at its head."""
    protocol = protocol_of(study)
    return as_text(protocol, remarks_on(study, protocol))


def protocol_of(study: Study) -> Protocol:
    """Return the study's protocol in its canonical form.

    Raises:
        NoProtocolError: The study has none, such as one without systems.
    """
    check_possible(study)
    try:
        return _Export(study, newest_record(study)).protocol()
    except ValidationError as error:
        raise unwritable(error) from error


class _Export:
    def __init__(self, study: Study, record: ProtocolRecord | None) -> None:
        self.study, self.record = study, record
        self.planned = recorded_protocol(record) if record else None
        self.systems: dict[str, SystemPart] = {}
        self.finetunings: dict[str, FineTuningPart] = {}

    def protocol(self) -> Protocol:
        planned, study = self.planned, self.study
        self._collect_systems()
        runs = self._runs()
        datasets = {study.dataset.name, *(run.dataset for run in runs), *(planned.datasets if planned else ())}
        datasets |= {job.dataset for job in self.finetunings.values()}
        return canonical(
            Protocol(
                punchweight_protocol=1,
                about=planned.about if planned else "",
                datasets={name: self._dataset(name) for name in datasets},
                systems=self.systems,
                finetunings=self.finetunings,
                instructions={kind: self._words(kind) for kind in self._kinds(runs)},
                summaries=self._summaries(),
                runs=runs,
                metrics=planned.metrics if planned else self._metrics(),
                study=study_part(study, planned=planned.study if planned else None, draft=self._is_draft()),
                analysis=self._analysis(),
            )
        )

    def _is_draft(self) -> bool:
        return self.planned.study.draft if self.planned else self.study.status == Study.Status.DRAFT

    # ---- systems

    def _collect_systems(self) -> None:
        """Take the study's systems, those on record, and those that they were tuned from."""
        slugs = set(self.study.systems.values_list("slug", flat=True))
        if self.planned:
            self.systems |= self.planned.systems
            self.finetunings |= self.planned.finetunings
            slugs |= {*self.planned.systems, *self.planned.finetunings}
        for system in System.objects.filter(slug__in=slugs).select_related("base"):
            self._take(system)

    def _take(self, system: System) -> None:
        job = FineTuning.objects.filter(system=system).select_related("base", "dataset").first()
        if job is not None:
            self.systems.pop(system.slug, None)
            self.finetunings[job.name] = finetuning_part(job)
            if job.base.slug not in {*self.systems, *self.finetunings}:
                self._take(job.base)
            return
        self.systems[system.slug] = system_part(system)
        # A base is named by its slug alone where every site knows it.
        if system.base and system.base.slug not in {*self.systems, *self.finetunings, *catalog.all_entries()}:
            self._take(system.base)

    def _is_imported(self, slug: str) -> bool:
        return slug in self.systems and self.systems[slug].adapter == NOT_RUN

    # ---- datasets

    def _dataset(self, name: str) -> DatasetPart:
        planned = self.planned.datasets.get(name) if self.planned else None
        dataset = Dataset.objects.filter(name=name).first()
        if dataset is None:
            return planned or DatasetPart()
        content = dataset_content(dataset)
        if planned is None:
            sources = _recorded_sources(dataset)
            content_part = {} if sources else {"content": content.digest, "documents": content.documents}
            return DatasetPart(sources=sources, **content_part)  # type: ignore[arg-type]
        grown = self.record is not None and self.record.contents.get(name, content.digest) != content.digest
        return planned.model_copy(
            update={
                "content": content.digest if planned.content or grown else "",
                "documents": content.documents if planned.documents is not None or grown else None,
            }
        )

    # ---- runs

    def _runs(self) -> list[RunsPart]:
        """Return the runs on record, and those the study has beside them."""
        planned = list(single_runs(self.planned.runs)) if self.planned else []
        planned_runs = {(key[0], key[1], kind, slug) for key, kind, slug in planned}
        stored = [run for run in self._stored() if (run[0][0], run[0][1], run[1], run[2]) not in planned_runs]
        return grouped([*planned, *stored]) or [self._none_yet()]

    def _stored(self) -> Iterator[tuple[RunKey, str, str]]:
        study = self.study
        runs = Run.objects.filter(system__in=study.systems.all(), dataset=study.dataset, instruction=study.instruction)
        for run in runs.exclude(system__adapter=NOT_RUN).select_related("system", "dataset"):
            documents = run.dataset.documents.filter(split=run.split) if run.split else run.dataset.documents.all()
            covered = run.summaries.order_by().values("document").distinct().count()
            limit = covered if 0 < covered < documents.count() else None
            yield (run.dataset.name, run.split, limit, run.leaked_documents > 0), run.instruction, run.system.slug

    def _none_yet(self) -> RunsPart:
        slugs = self.study.systems.order_by("slug").values_list("slug", flat=True)
        return RunsPart.model_construct(
            dataset=self.study.dataset.name, split="", limit=None, force=False,
            instructions=[str(self.study.instruction)], systems=[slug for slug in slugs if not self._is_imported(slug)],
        )  # fmt: skip

    def _summaries(self) -> list[SummariesPart]:
        if self.planned:
            return self.planned.summaries
        dataset = self.study.dataset
        sources = dataset.imported_sources.filter(kind=ImportedSource.Kind.SUMMARIES)
        imported_parts = [SummariesPart(dataset=dataset.name, **source.recipe) for source in sources]
        imported = self.study.systems.filter(adapter=NOT_RUN).order_by("slug").values_list("slug", flat=True)
        return imported_parts or [imported_summaries(dataset, slug, self.study.instruction) for slug in imported]

    def _metrics(self) -> list[str]:
        jobs = ScoringJob.objects.filter(run__dataset=self.study.dataset, run__system__in=self.study.systems.all())
        asked = set(jobs.values_list("metric", flat=True))
        return [key for key in METRICS if key in asked] or list(DEFAULT_METRICS)

    # ---- words

    def _kinds(self, runs: list[RunsPart]) -> set[str]:
        return {self.study.instruction, *(kind for run in runs for kind in run.instructions)}

    def _words(self, kind: str) -> dict[str, str]:
        """Return the words that the study's runs were asked in; else those on record, else the site's own."""
        runs = Run.objects.filter(dataset=self.study.dataset, instruction=kind)
        versions = runs.filter(system__slug__in={*self.systems, *self.finetunings})
        asked = versions.exclude(system__adapter=NOT_RUN).order_by("-instruction_version")
        if (version := asked.values_list("instruction_version", flat=True).first()) is not None:
            return texts_of(kind, version)
        if self.planned and kind in self.planned.instructions:
            return self.planned.instructions[kind]
        return wordings()[kind]

    def _analysis(self) -> AnalysisPart:
        planned = self.planned.analysis if self.planned else AnalysisPart(margin=None)
        study = self.study
        return planned.model_copy(
            update={
                "margin": study.noninferiority_margin,
                "small_system": study.small_system.slug if study.small_system else "",
                "large_system": study.large_system.slug if study.large_system else "",
                "looks": study.look_votes or [],
                "look_dates": study.look_dates or [],
                "look_maximum": study.look_maximum,
                "look_spending": study.look_spending if study.planned_looks else LookSpending.OBRIEN_FLEMING.value,
            }
        )


def imported_summaries(dataset: Dataset, slug: str, kind: str) -> SummariesPart:
    """Return what stands in a file for summaries of which nobody wrote down where they lay."""
    regime = System.objects.values_list("regime", flat=True).get(slug=slug)
    content = summaries_content(dataset, slug, kind)
    return SummariesPart(dataset=dataset.name, system=slug, instruction=kind, regime=regime, content=content)


def _recorded_sources(dataset: Dataset) -> list[Source]:
    """Return how the dataset's files were imported, where a protocol did it."""
    sources: list[Source] = []
    for row in dataset.imported_sources.filter(kind=ImportedSource.Kind.DOCUMENTS):
        source = Source.model_validate(row.recipe)
        if source not in sources:
            sources.append(source)
    return sources
