"""What a protocol says in one place must fit what it says in another, and what the site's parts accept."""

from collections.abc import Iterator

from annotations.studies.checks import look_dates_problem, look_maximum_problem, looks_problem
from annotations.studies.personal_questions import QuestionError, parse_questions
from models_runner.adapters.protocol import AdapterError
from models_runner.adapters.registry import ADAPTERS
from models_runner.finetune.options import SettingsError, checked_settings
from models_runner.importing.field_map.mapping import parse_map
from models_runner.importing.records import RecordError
from models_runner.models import System
from models_runner.models.systems import CHECKS, PRICES
from models_runner.systems import catalog
from protocol.file.completing import is_imported, look_dates, moment
from protocol.file.problems import Problem, nearest
from protocol.file.schema import AnalysisPart, Protocol, StudyPart
from protocol.file.yaml_text import YamlText

Found = Iterator[tuple[tuple[str | int, ...], str]]
NO_SYSTEM = "names {name}, which is no system of this file. {nearest}"
NO_DATASET = "names {name}, which is no dataset of this file. {nearest}"
NOT_COMPARED = "names {name}, which is no system of the study of this file. {nearest}"
NO_CRITERION = "names {name}, which is no criterion of the study of this file. {nearest}"


def crosscheck(protocol: Protocol, source: YamlText) -> list[Problem]:
    """Return every problem with its line."""
    problems = [*_datasets(protocol), *_systems(protocol), *_finetunings(protocol), *_instructions(protocol)]
    problems += [*_runs(protocol), *_summaries(protocol), *_study(protocol), *_analysis(protocol)]
    return [
        Problem(source.line_of(place), ".".join(str(p + 1) if isinstance(p, int) else p for p in place), message)
        for place, message in problems
    ]


def _unknown(name: str, known: object, unknown: str) -> str:
    names = list(known)  # type: ignore[call-overload]
    return unknown.format(name=repr(name), nearest=nearest(name, names))


def _datasets(protocol: Protocol) -> Found:
    for name, part in protocol.datasets.items():
        for number, source in enumerate(part.sources):
            place = ("datasets", name, "sources", number)
            try:
                parse_map(f"{field}={column}" for field, columns in source.map.items() for column in columns)
            except RecordError as error:
                yield (*place, "map"), str(error)
            if not source.path and not part.content:
                yield place, "has no path, so the dataset needs its content (a fingerprint). Give one of the two."
        if not part.sources and not part.content:
            yield ("datasets", name), "says neither where its documents are (sources) nor what they are (content)."


def _systems(protocol: Protocol) -> Found:
    for slug, part in protocol.systems.items():
        place = ("systems", slug)
        if slug in protocol.finetunings:
            yield place, "is the name of a fine-tuning of this file as well. Rename one of the two."
        if part.adapter not in ADAPTERS:
            # A study of an older release may have one, and its file is written all the same.
            known = ", ".join(ADAPTERS)
            yield (*place, "adapter"), f"expected one of {known}."
            continue
        record = System(slug=slug, **part.model_dump(exclude={"base"}))
        for name, check in CHECKS.items():
            try:
                check(getattr(record, name))
            except AdapterError as error:
                yield (*place, name), str(error)
        if unknown := [name for name in part.price if name not in PRICES]:
            yield (*place, "price", unknown[0]), f"is no price. {nearest(unknown[0], PRICES)}"
        if part.base and part.base not in known_systems(protocol) and part.base not in catalog.all_entries():
            yield (*place, "base"), _unknown(part.base, known_systems(protocol), NO_SYSTEM)


def known_systems(protocol: Protocol) -> set[str]:
    return {*protocol.systems, *protocol.finetunings}


def _finetunings(protocol: Protocol) -> Found:
    for name, part in protocol.finetunings.items():
        place = ("finetunings", name)
        if part.base not in known_systems(protocol) or part.base == name:
            yield (*place, "base"), _unknown(part.base, known_systems(protocol) - {name}, NO_SYSTEM)
        if part.dataset not in protocol.datasets:
            yield (*place, "dataset"), _unknown(part.dataset, protocol.datasets, NO_DATASET)
        if part.split and part.split == part.validation_split:
            yield (*place, "validation_split"), "is the split to learn from as well. Name two different ones."
        try:
            checked_settings(part.settings)
        except SettingsError as error:
            yield (*place, "settings"), str(error)


def _instructions(protocol: Protocol) -> Found:
    for kind, texts in protocol.instructions.items():
        if "en" not in texts:
            yield ("instructions", kind), "has no English words (en), which stand in for every other language."
        if kind == "query" and any("{query}" not in text for text in texts.values()):
            yield ("instructions", kind), "has words without {query}, where the question goes."


def _runs(protocol: Protocol) -> Found:
    for number, run in enumerate(protocol.runs):
        place = ("runs", number)
        if run.dataset not in protocol.datasets:
            yield (*place, "dataset"), _unknown(run.dataset, protocol.datasets, NO_DATASET)
        for at, slug in enumerate(run.systems):
            if slug not in known_systems(protocol):
                yield (*place, "systems", at), _unknown(slug, known_systems(protocol), NO_SYSTEM)
            elif is_imported(protocol, slug):
                yield (*place, "systems", at), f"{slug} writes nothing here: its summaries come under summaries."


def _summaries(protocol: Protocol) -> Found:
    for number, part in enumerate(protocol.summaries):
        place = ("summaries", number)
        if part.dataset not in protocol.datasets:
            yield (*place, "dataset"), _unknown(part.dataset, protocol.datasets, NO_DATASET)
        if part.system and part.system not in known_systems(protocol):
            yield (*place, "system"), _unknown(part.system, known_systems(protocol), NO_SYSTEM)
        if not part.path and not part.content:
            yield place, "has neither a path nor content (a fingerprint). Give one of the two."


def _study(protocol: Protocol) -> Found:
    study = protocol.study
    if study.slug == "new":
        yield ("study", "slug"), "'new' is the address of another page. Choose another name."
    if study.dataset not in protocol.datasets:
        yield ("study", "dataset"), _unknown(study.dataset, protocol.datasets, NO_DATASET)
    for number, slug in enumerate(study.systems):
        if slug not in known_systems(protocol):
            yield ("study", "systems", number), _unknown(slug, known_systems(protocol), NO_SYSTEM)
    if len(set(study.systems)) < len(study.systems):
        yield ("study", "systems"), "names a system twice. Name each once."
    keys = [criterion.key for criterion in study.criteria]
    if len(set(keys)) < len(keys):
        yield ("study", "criteria"), "has a key twice. Name each once."
    if study.documents.sample is not None and study.documents.chosen:
        yield ("study", "documents"), "chooses documents and draws a sample. Keep one of the two."
    if study.pairs.anchor and study.pairs.per_document is not None:
        yield ("study", "pairs"), "has an anchor and draws pairs. Keep one of the two."
    if study.pairs.anchor and study.pairs.anchor not in study.systems:
        yield ("study", "pairs", "anchor"), _unknown(study.pairs.anchor, study.systems, NOT_COMPARED)
    yield from _people(study)


def _people(study: StudyPart) -> Found:
    moments = {}
    for name in ("opens_at", "closes_at"):
        if text := getattr(study, name):
            try:
                moments[name] = moment(text)
            except ValueError:
                yield ("study", name), f"is {text!r}; expected a time with its zone, such as 2026-12-01T09:00:00Z."
    if len(moments) == 2 and moments["closes_at"] <= moments["opens_at"]:
        yield ("study", "closes_at"), "is not after opens_at."
    for name in ("questions_before", "questions_after"):
        try:
            parse_questions("\n".join(getattr(study, name)))
        except QuestionError as error:
            yield ("study", name), str(error)


def _look_dates(analysis: AnalysisPart) -> Found:
    if not analysis.look_dates:
        if analysis.look_maximum is not None:
            yield ("analysis", "look_maximum"), "is of looks at dates, and look_dates has none."
        return
    if analysis.looks:
        yield ("analysis", "look_dates"), "are planned beside looks at numbers of votes. Keep one of the two."
    try:
        dates = look_dates(analysis.look_dates)
    except (ValueError, OverflowError):
        yield ("analysis", "look_dates"), "expected times with their zone, such as 2026-12-01T17:00:00Z."
        return
    if problem := look_dates_problem(dates):
        yield ("analysis", "look_dates"), problem
    if problem := look_maximum_problem(analysis.look_maximum):
        yield ("analysis", "look_maximum"), problem


def _analysis(protocol: Protocol) -> Found:
    analysis, study = protocol.analysis, protocol.study
    for name in ("small_system", "large_system"):
        slug = getattr(analysis, name)
        if slug and slug not in study.systems:
            yield ("analysis", name), _unknown(slug, study.systems, NOT_COMPARED)
    if analysis.small_system and analysis.small_system == analysis.large_system:
        yield ("analysis", "large_system"), "is the small system as well. Name two systems."
    if analysis.looks and (problem := looks_problem(analysis.looks)):
        yield ("analysis", "looks"), problem
    yield from _look_dates(analysis)
    if (analysis.looks or analysis.look_dates) and not (analysis.small_system and analysis.large_system):
        which = "looks" if analysis.looks else "look_dates"
        yield ("analysis", which), "are about the two systems in question. Name small_system and large_system."
    keys = [criterion.key for criterion in study.criteria]
    if analysis.criterion and analysis.criterion not in keys:
        yield ("analysis", "criterion"), _unknown(analysis.criterion, keys, NO_CRITERION)
