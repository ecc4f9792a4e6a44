"""Complete what a file may leave out or write shorter, and bring a protocol into its one canonical form.

A file may say `catalogue` for a system, name a criterion of the library by its key, map a field to one column without
a list, leave the words of instructions to the site, and leave the runs to what its study needs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from annotations.studies.checks import stored_moments
from annotations.studies.criteria import LIBRARY
from models_runner.datasets.instructions import wordings
from models_runner.finetune.options import checked_settings
from models_runner.metrics.registry import METRICS
from models_runner.systems import catalog
from protocol.file.problems import Problem, nearest
from protocol.file.schema import DatasetPart, FineTuningPart, Protocol, RunsPart, Source, SystemPart
from protocol.file.yaml_text import YamlText

CATALOGUE = "catalogue"
NOT_RUN = "imported"  # the adapter of systems whose summaries come from files
RunKey = tuple[str, str, int | None, bool]  # dataset, split, limit, force


def completed(source: YamlText, problems: list[Problem]) -> dict[str, Any]:
    """Return the file's values with everything written out; what is of another kind stays as it is."""
    data = dict(source.value)
    if isinstance(systems := data.get("systems"), dict):
        data["systems"] = {slug: _system(slug, value, source, problems) for slug, value in systems.items()}
    if isinstance(datasets := data.get("datasets"), dict):
        data["datasets"] = {name: _dataset(value) for name, value in datasets.items()}
    if isinstance(runs := data.get("runs"), list):
        data["runs"] = [_runs(value) for value in runs]
    if isinstance(study := data.get("study"), dict) and isinstance(criteria := study.get("criteria"), list):
        of_library = [_criterion(n, value, source, problems) for n, value in enumerate(criteria)]
        data["study"] = study | {"criteria": of_library}
    return data


def _system(slug: str, value: Any, source: YamlText, problems: list[Problem]) -> Any:
    if value != CATALOGUE:
        return value
    entries = catalog.all_entries()
    if slug not in entries:
        message = f"is not in the catalogue. {nearest(slug, entries)}"
        problems.append(Problem(source.line_of(("systems", slug)), f"systems.{slug}", message))
        return {"name": slug, "adapter": NOT_RUN, "regime": "zero-shot"}
    return plain(entries[slug])


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without empty values, and prices as the schema has them."""
    kept = {name: value for name, value in values.items() if value not in (None, "", {})}
    if price := kept.get("price"):
        kept["price"] = {name: float(amount) for name, amount in price.items()}
    return kept


def _dataset(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(sources := value.get("sources"), list):
        return value
    return value | {"sources": [_source(source) for source in sources]}


def _source(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(columns := value.get("map"), dict):
        return value
    return value | {"map": {name: [column] if isinstance(column, str) else column for name, column in columns.items()}}


def _runs(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("instructions"), str):
        return value | {"instructions": [value["instructions"]]}
    return value


def _criterion(number: int, value: Any, source: YamlText, problems: list[Problem]) -> Any:
    if not isinstance(value, str):
        return value
    if value not in LIBRARY:
        message = f"{value!r} is no criterion of the library. {nearest(value, LIBRARY)} Or write key and question."
        place = ("study", "criteria", number)
        problems.append(Problem(source.line_of(place), f"study.criteria.{number + 1}", message))
        return {"key": "unknown", "question": "unknown"}
    question, help_text = LIBRARY[value]
    return {"key": value, "question": question, "help": help_text}


def canonical(protocol: Protocol) -> Protocol:
    """Return the one form that all files with the same meaning have."""
    study, systems = protocol.study, protocol.systems
    finetunings, datasets = protocol.finetunings, protocol.datasets
    runs = protocol.runs or [_needed(protocol)]
    kinds = {kind for run in runs for kind in run.instructions} | {study.instruction}
    words = {kind: protocol.instructions.get(kind) or wordings()[kind] for kind in sorted(kinds)}
    return protocol.model_copy(
        update={
            "datasets": {name: plain_dataset(part) for name, part in sorted(datasets.items())},
            "systems": {slug: plain_system(system) for slug, system in sorted(systems.items())},
            "finetunings": {name: plain_finetuning(part) for name, part in sorted(finetunings.items())},
            "instructions": {kind: dict(sorted(texts.items())) for kind, texts in words.items()},
            "runs": grouped((key, kind, slug) for key, kind, slug in single_runs(runs)),
            "metrics": [key for key in METRICS if key in protocol.metrics],
            "study": study.model_copy(
                update={
                    "title": "" if study.title == study.slug else study.title,
                    "systems": sorted(set(study.systems)),
                    "opens_at": in_utc(study.opens_at),
                    "closes_at": in_utc(study.closes_at),
                    "documents": study.documents.model_copy(update={"chosen": sorted(set(study.documents.chosen))}),
                }
            ),
            "analysis": protocol.analysis.model_copy(update={"look_dates": look_dates(protocol.analysis.look_dates)}),
        }
    )


def moment(text: str) -> datetime:
    """Read a time with its zone. Raises ValueError."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(text)
    return read.astimezone(UTC)


def look_dates(texts: Iterable[str]) -> list[str]:
    """Return moments as studies store those of looks. Raises ValueError."""
    return stored_moments(map(moment, texts))


def in_utc(text: str) -> str:
    return moment(text).isoformat().replace("+00:00", "Z") if text else ""


def plain_system(system: SystemPart) -> SystemPart:
    """Return a system's part without empty engine settings, and with names in order: a database may change theirs."""
    engine = {name: value for name, value in system.engine.items() if value not in (None, "")}
    loose = {name: getattr(system, name) for name in ("decoding", "long_input", "price")} | {"engine": engine}
    return system.model_copy(update={name: in_order(value) for name, value in loose.items()})


def in_order(value: Any) -> Any:
    """Return the same values with all names in order."""
    if isinstance(value, Mapping):
        return {str(name): in_order(value[name]) for name in sorted(value, key=str)}
    return [in_order(part) for part in value] if isinstance(value, list) else value


def plain_finetuning(part: FineTuningPart) -> FineTuningPart:
    """Return a fine-tuning's part without settings that are left to their defaults."""
    usual = checked_settings({})
    settings = {name: value for name, value in part.settings.items() if value != usual[name]}
    return part.model_copy(update={"settings": in_order(settings)})


def plain_source(source: Source) -> Source:
    return source.model_copy(update={"map": in_order(source.map)})


def plain_dataset(part: DatasetPart) -> DatasetPart:
    return part.model_copy(update={"sources": [plain_source(source) for source in part.sources]})


def _needed(protocol: Protocol) -> RunsPart:
    """Return the runs that the study needs."""
    study = protocol.study
    written = [slug for slug in study.systems if not is_imported(protocol, slug)]
    return RunsPart.model_construct(
        dataset=study.dataset,
        split=study.documents.split,
        instructions=[study.instruction],
        systems=written,
        limit=None,
        force=False,
    )


def is_imported(protocol: Protocol, slug: str) -> bool:
    """Whether a system's summaries come from files, so that there is no run of it."""
    return slug in protocol.systems and protocol.systems[slug].adapter == NOT_RUN


def single_runs(runs: Iterable[RunsPart]) -> Iterable[tuple[RunKey, str, str]]:
    """Yield each run: where, under which instruction, by which system."""
    for run in runs:
        for kind in run.instructions:
            for slug in run.systems:
                yield (run.dataset, run.split, run.limit, run.force), kind, slug


def grouped(runs: Iterable[tuple[RunKey, str, str]]) -> list[RunsPart]:
    """Write runs in as few parts as there are combinations of places and instructions."""
    kinds: dict[tuple[RunKey, str], set[str]] = defaultdict(set)
    for key, kind, slug in runs:
        kinds[key, slug].add(kind)
    systems: dict[tuple[RunKey, tuple[str, ...]], set[str]] = defaultdict(set)
    for (key, slug), under in kinds.items():
        systems[key, tuple(sorted(under))].add(slug)
    order = sorted(systems, key=lambda system: (*system[0][:2], system[0][2] or 0, system[0][3], system[1]))
    return [
        RunsPart(
            dataset=key[0], split=key[1], limit=key[2], force=key[3],
            instructions=list(under), systems=sorted(systems[key, under]),
        )
        for key, under in order
    ]  # fmt: skip
