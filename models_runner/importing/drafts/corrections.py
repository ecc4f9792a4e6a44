"""What a person corrects in a preview: names of speakers, ids and titles of documents, and which are left out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lib.language_codes import UnknownLanguageError, language_code
from lib.text.visible import visible_text
from models_runner.importing.languages import code_or_find_out
from models_runner.importing.records import (
    MAX_ID_LENGTH,
    MAX_TITLE_LENGTH,
    ImportedRecord,
    Turn,
    storable_problem,
)

PLACE = "place: "  # begins what no id is likely to begin with


@dataclass(frozen=True)
class Corrections:
    """Corrections of one import.

    Attributes:
        speakers: New names by the speaker that was found; "" where it is no speaker but part of what was said.
        left_out: Documents that are not imported, by their place or id.
        documents: New "id", "title" and "language" of documents, by their place.
    """

    speakers: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    documents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        documents = {place: dict(values) for place, values in self.documents.items()}
        return {"speakers": dict(self.speakers), "left_out": list(self.left_out), "documents": documents}


def places_of(records: Iterable[ImportedRecord]) -> list[str]:
    """Return what tells each document of an import from all others, even from one of the same file name and id."""
    seen: Counter[str] = Counter()
    places = []
    for record in records:
        seen[record.where] += 1
        number = f" ({seen[record.where]})" if seen[record.where] > 1 else ""
        places.append(f"{PLACE}{record.where}{number}")
    return places


def is_left_out(record: ImportedRecord, place: str, corrections: Corrections) -> bool:
    return place in corrections.left_out or record.id in corrections.left_out


def corrected(records: Iterable[ImportedRecord], corrections: Corrections) -> list[ImportedRecord]:
    """Return the records as they will be stored, in order."""
    records = list(records)
    changed = {old: new for old, new in corrections.speakers.items() if old != new}
    return [
        _corrected_record(record, corrections.documents.get(place, {}), changed)
        for record, place in zip(records, places_of(records), strict=True)
        if not is_left_out(record, place, corrections)
    ]


def _corrected_record(record: ImportedRecord, values: Mapping[str, str], speakers: Mapping[str, str]) -> ImportedRecord:
    record = replace(
        record,
        id=values.get("id", "").strip() or record.id,
        title=" ".join(values["title"].split()) if "title" in values else record.title,
    )
    if language := values.get("language", "").strip():
        record = replace(record, language=_code_of(language), language_is_guess=False)
    if not speakers:
        return record
    return replace(
        record,
        turns=[_corrected_turn(turn, speakers) for turn in record.turns],
        original_turns=[_corrected_turn(turn, speakers) for turn in record.original_turns],
    )


def unstorable_of(corrections: Corrections) -> list[str]:
    """Say which corrections no database can keep, not even until they are corrected: those with a NUL, say."""
    names = {*corrections.speakers, *corrections.speakers.values(), *corrections.left_out, *corrections.documents}
    texts = names.union(*(values.values() for values in corrections.documents.values()))
    return [f"{text!r} {problem}" for text in sorted(texts) if (problem := storable_problem(text))]


def problems_of(corrections: Corrections) -> list[str]:
    """Say which corrections cannot be stored."""
    problems = unstorable_of(corrections)
    for place, values in corrections.documents.items():
        where = place.removeprefix(PLACE)
        for what, longest in (("id", MAX_ID_LENGTH), ("title", MAX_TITLE_LENGTH)):
            text = values.get(what, "").strip()
            if len(text) > longest:
                problems.append(f"{where}: the {what} has {len(text)} characters; at most {longest} are allowed.")
            elif what == "id" and text and not visible_text(text):
                problems.append(f"{where}: nobody can see the id. Give it letters or digits.")
        try:
            code_or_find_out(values.get("language", ""))
        except UnknownLanguageError as error:
            problems.append(f"{where}: the language {error}")
    return problems


def _code_of(language: str) -> str:
    try:
        return language_code(language)
    except UnknownLanguageError:  # problems_of says so
        return language


def _corrected_turn(turn: Turn, changed: Mapping[str, str]) -> Turn:
    speaker = turn["speaker"]
    if speaker not in changed:
        return turn
    if changed[speaker]:
        return turn | {"speaker": changed[speaker]}
    return turn | {"speaker": "", "content": f"{speaker}: {turn['content']}"}


def speakers_of(records: Iterable[ImportedRecord]) -> dict[str, int]:
    """Count the turns of each speaker, in the order of their first words."""
    counts: dict[str, int] = {}
    for record in records:
        for turn in record.turns:
            if turn["speaker"]:
                counts[turn["speaker"]] = counts.get(turn["speaker"], 0) + 1
    return counts
