"""Read summaries made elsewhere from JSON Lines, JSON, CSV, Parquet, or a release."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.names import normal_form
from lib.text.visible import visible_text
from models_runner.importing.records import (
    MAX_ID_LENGTH,
    MAX_SPLIT_LENGTH,
    DatasetImportError,
    Fields,
    RecordError,
    shown,
)
from models_runner.importing.spool import PartedSpool
from models_runner.importing.tables import table_rows
from models_runner.models import InstructionKind, Regime, Summary

WHOLE_NUMBERS = ("prompt_tokens", "output_tokens", "thinking_tokens", "dropped_tokens", "chapters", "peak_memory_bytes")
NUMBERS = (*WHOLE_NUMBERS, "seconds", "energy_joules")
LARGEST = 2_147_483_647
MOST_PARAMETERS = 10**15  # and bytes of memory
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Fields of an export that say nothing new here: references are the documents' own, scores are computed.
NOT_READ = ("references", "scores", "repeated")
COLUMNS = (
    *("document_id", "query", "query_number", "system", "instruction", "split", "summary", "thoughts"),
    *("parameters", "regime", "system_sha256", *NUMBERS, "stop_reason", "trained_on_document"),
)
# Fields of a release's table of summaries, where a summary is called text, and is withheld with its document's text.
OF_RELEASE = ("summary_id", "instruction_version", "current", "text", "text_sha256")

Part = tuple[str, str, str | None]  # system, instruction and split: what becomes one run


@dataclass(frozen=True)
class SystemFacts:
    """What a file says about the system that wrote a summary; None is nothing.

    Attributes:
        name: For people; "" for the system's short name.
        sha256: Of the settings, as an export writes it; see System.fingerprint.
        settings: The settings by name, as a release writes them.
    """

    name: str = ""
    parameters: int | None = None
    regime: str = ""
    sha256: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportedSummary:
    """One line of the file, checked.

    Attributes:
        text: None where a release withholds it.
        text_sha256: Of the text; "" if the file does not say.
        query_number: Which of the document's queries, from 1; None if the line does not give it.
        split: Of the run; None if the line does not name one.
        stop_reason: "" if the line does not give it.
        numbers: The fields of NUMBERS that the line gives.
        where: Where the line is in the file, for messages.
    """

    document_id: str
    text: str | None
    query: str
    query_number: int | None
    system: str
    instruction: str
    split: str | None
    stop_reason: str
    thoughts: str
    leaked: bool
    facts: SystemFacts
    numbers: dict[str, float]
    where: str
    text_sha256: str = ""

    @property
    def part(self) -> Part:
        return self.system, self.instruction, self.split


SummarySpool = PartedSpool[Part, ImportedSummary]


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


def read_summaries(path: Path, defaults: Defaults, into: SummarySpool) -> None:
    """Read and check all lines, one after the other. Raises DatasetImportError, which names every line at fault."""
    problems: list[str] = []
    with SummarySpool() as older:
        try:
            about = _systems_of_release(path)
            for value, where in table_rows(path, COLUMNS, "summaries"):
                try:
                    summary = _imported_summary(value, where, defaults, about)
                except RecordError as error:
                    problems.append(str(error))
                    continue
                if not problems:
                    (older if value.get("current") is False else into).append(summary.part, summary)
        except RecordError as error:
            problems.append(str(error))
        if not problems:
            _add_older(older, into)
    if not into and not problems:
        problems = [f"{path.name}: there are no records to import."]
    if problems:
        raise DatasetImportError(problems)


def _add_older(older: SummarySpool, into: SummarySpool) -> None:
    """Add summaries of earlier runs where there is no other, of several the last.

    Of several runs a release has the newest one's summary marked.
    """
    if not older:
        return
    last = {_unit(summary): number for number, summary in enumerate(older)}
    for summary in into:
        last.pop(_unit(summary), None)
    for number, summary in enumerate(older):
        if last.get(_unit(summary)) == number:
            into.append(summary.part, summary)


def _unit(summary: ImportedSummary) -> tuple[object, ...]:
    return summary.system, summary.instruction, summary.document_id, summary.query, summary.query_number


def _systems_of_release(path: Path) -> dict[str, SystemFacts]:
    """Return what the release's table of systems says, by the systems' names; empty for other files."""
    folder = (path / "data" if (path / "data").is_dir() else path) if path.is_dir() else path.parent
    file = folder / "systems.jsonl"
    if not (path.is_dir() or path.stem == "summaries") or not file.is_file():
        return {}
    about = {}
    for value, where in table_rows(file, ()):
        if not isinstance(value, dict) or not isinstance(value.get("system"), str):
            return {}  # a file of that name that belongs to something else
        fields = Fields(value, where)
        regime = value.get("regime")
        about[normal_form(value["system"])] = SystemFacts(
            name=fields.text("name", longest=200),
            parameters=_parameters(fields),
            regime=regime if regime in Regime.values else "",
            settings=value,
        )
    return about


def _imported_summary(value: Any, where: str, defaults: Defaults, about: Mapping[str, SystemFacts]) -> ImportedSummary:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "summary": ...}.')
    fields = Fields(value, where)
    of_release = "text_sha256" in value
    fields.refuse_unknown((*COLUMNS, *NOT_READ, *OF_RELEASE) if of_release else (*COLUMNS, *NOT_READ))
    instruction, system = _instruction(fields, defaults), _system_name(fields, defaults)
    query, number = _query(fields, instruction)
    text = _text(fields, "text" if of_release else "summary", withheld=of_release)
    return ImportedSummary(
        document_id=fields.text("document_id", required=True, longest=MAX_ID_LENGTH),
        text=text,
        text_sha256=fields.text("text_sha256"),
        query=query,
        query_number=number,
        system=system,
        instruction=instruction,
        split=normal_form(fields.text("split", longest=MAX_SPLIT_LENGTH)) if value.get("split") is not None else None,
        stop_reason=_stop_reason(fields, text),
        thoughts=fields.text("thoughts"),
        leaked=_flag(fields, "trained_on_document"),
        facts=about.get(system) or _facts(fields),
        numbers={name: _number(fields, name) for name in NUMBERS if value.get(name) is not None},
        where=where,
    )


def _text(fields: Fields, name: str, *, withheld: bool) -> str | None:
    """Return a summary as it is written, "" for one that nobody can see, None for one that is withheld."""
    if withheld and fields.values.get(name) is None:
        return None
    text = fields.text(name, required=name not in fields.values)
    return text if visible_text(text) else ""


def _query(fields: Fields, instruction: str) -> tuple[str, int | None]:
    query, number = fields.text("query"), fields.whole("query_number")
    asked = bool(query.strip()) or number is not None
    if instruction == InstructionKind.QUERY and not asked:
        raise fields.fail("query", "is missing; with the instruction query, each summary answers one.")
    if asked and instruction != InstructionKind.QUERY:
        raise fields.fail("query", "is there, but the instruction is not query.")
    return query, number


def _instruction(fields: Fields, defaults: Defaults) -> str:
    instruction = fields.text("instruction").strip() or defaults.instruction
    if instruction not in InstructionKind.values:
        raise fields.fail("instruction", f"is {instruction!r}; expected one of: {', '.join(InstructionKind.values)}.")
    return instruction


def _system_name(fields: Fields, defaults: Defaults) -> str:
    name, of_file = normal_form(fields.text("system")), normal_form(defaults.system)
    if of_file and name and name != of_file:
        raise fields.fail("system", f"is {name!r}, but the command says {of_file!r}.")
    if not (name or of_file):
        raise fields.fail("system", "is missing; name it on every line, or for the whole file with --system.")
    return name or of_file


def _facts(fields: Fields) -> SystemFacts:
    regime = fields.text("regime").strip()
    if regime and regime not in Regime.values:
        raise fields.fail("regime", f"is {regime!r}; expected one of: {', '.join(Regime.values)}.")
    return SystemFacts(parameters=_parameters(fields), regime=regime, sha256=fields.text("system_sha256").strip())


def _parameters(fields: Fields) -> int | None:
    if fields.values.get("parameters") is None:
        return None
    number = int(_number(fields, "parameters"))
    if not number:
        raise fields.fail("parameters", "is 0; leave it out where nobody knows.")
    return number


def _stop_reason(fields: Fields, text: str | None) -> str:
    reason = fields.text("stop_reason").strip()
    if reason and reason not in Summary.StopReason.values:
        raise fields.fail("stop_reason", f"is {reason!r}; expected one of: {', '.join(Summary.StopReason.values)}.")
    if text and reason in Summary.WITHOUT_TEXT:
        raise fields.fail("stop_reason", f"is {reason!r}, but there is a summary.")
    return reason


def _flag(fields: Fields, name: str) -> bool:
    value = fields.values.get(name)
    flag = FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
    if value is not None and not isinstance(flag, bool):
        raise fields.fail(name, f"is {shown(value)}; expected true or false.")
    return bool(flag)


def _number(fields: Fields, name: str) -> float:
    value = fields.values[name]
    whole = name in WHOLE_NUMBERS or name == "parameters"
    largest = MOST_PARAMETERS if name in ("parameters", "peak_memory_bytes") else LARGEST
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0 <= number < largest or (whole and number != int(number)):
        expected = "a whole number" if whole else "a number"
        raise fields.fail(name, f"is {shown(value)}; expected {expected}, from 0 to {largest:,}.")
    return int(number) if whole else number
