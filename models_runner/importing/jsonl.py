"""Read documents from JSON Lines, and from JSON files with one record or a list of records."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib.lines import text_lines
from models_runner.importing.files import find_files, json_objects
from models_runner.importing.records import (
    LENGTHS,
    MAX_ID_LENGTH,
    MAX_LANGUAGE_LENGTH,
    MAX_LICENCE_LENGTH,
    MAX_SPLIT_LENGTH,
    MAX_TITLE_LENGTH,
    Fields,
    ImportedQuery,
    ImportedRecord,
    RecordError,
    Terms,
    Turn,
    read_turns,
    require_speech,
)

KNOWN = (
    *("id", "transcript", "references", "language", "metadata", "title", "queries", "licence", "redistributable"),
    *("split", "original_transcript"),
)
ANY_LENGTH = "any"
# A speaker is up to five words that begin with a capital or have no case, and a colon; "note: 3:15" stays text.
SPEAKER = re.compile(r"^([^\W\d_a-z][\w.'’-]*(?: [^\W_a-z][\w.'’()-]*){0,4})\s*[:：]\s+(\S.*)$")
SPEAKER_WIDE_COLON = re.compile(r"^([^\W\d_a-z][\w.'’-]{0,30})：(\S.*)$")


def read(path: Path, language: str) -> Iterator[ImportedRecord | RecordError]:
    try:
        for file in find_files(path, ".jsonl", ".json"):
            for value, where in json_objects(file):
                try:
                    yield read_record(value, where, language)
                except RecordError as error:
                    yield error
    except RecordError as error:
        yield error


def read_record(value: Any, where: str, language: str) -> ImportedRecord:
    """Read and check one record from a JSON value. Raises RecordError, which names the field."""
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"id": ..., "transcript": ...}.')
    fields = Fields(value, where)
    fields.refuse_unknown(KNOWN)
    turns = _transcript(fields)
    return ImportedRecord(
        id=fields.text("id", required=True, longest=MAX_ID_LENGTH),
        title=fields.text("title", longest=MAX_TITLE_LENGTH),
        turns=turns,
        original_turns=_original(fields) or turns,
        language=fields.text("language", longest=MAX_LANGUAGE_LENGTH).strip() or language,
        references=_references(fields),
        queries=tuple(_query(fields, n, item) for n, item in enumerate(fields.items("queries"), start=1)),
        metadata=fields.metadata(),
        terms=_terms(fields),
        split=fields.text("split", longest=MAX_SPLIT_LENGTH).strip(),
        where=where,
    )


def _terms(fields: Fields) -> Terms:
    flag = fields.values.get("redistributable")
    if flag is not None and not isinstance(flag, bool):
        raise fields.fail("redistributable", "is neither true nor false.")
    return Terms(fields.text("licence", longest=MAX_LICENCE_LENGTH).strip(), flag)


def _transcript(fields: Fields) -> list[Turn]:
    value = fields.values.get("transcript")
    if value is None:
        raise fields.fail("transcript", "is missing; expected a text or a list of turns with speaker and content.")
    if isinstance(value, str):
        turns = turns_of_text(fields.check_text("transcript", value))
        require_speech(fields, "transcript", turns)
        return turns
    return read_turns(fields, "transcript", value)


def _original(fields: Fields) -> list[Turn]:
    """Return the turns as they were before noise was removed; none if the record does not have them apart."""
    value = fields.values.get("original_transcript")
    return [] if value is None else read_turns(fields, "original_transcript", value)


def turns_of_text(text: str) -> list[Turn]:
    """Return a turn for each line that is not blank; "Name: words" names the speaker, other lines have none."""
    turns = []
    for line in filter(None, (line.strip() for line in text_lines(text))):
        match = SPEAKER.match(line) or SPEAKER_WIDE_COLON.match(line)
        turns.append({"speaker": match[1], "content": match[2]} if match else {"speaker": "", "content": line})
    return turns


def _references(fields: Fields) -> tuple[tuple[str, str], ...]:
    value = fields.values.get("references")
    if not isinstance(value, dict):
        return tuple(("", text) for text in _texts(fields, "references"))
    inner = fields.inside("references", value)
    inner.refuse_unknown((*LENGTHS, ANY_LENGTH))
    by_length = [(kind, _text_or_texts(inner, kind)) for kind in (*LENGTHS, ANY_LENGTH) if kind in value]
    return tuple(("" if kind == ANY_LENGTH else kind, text) for kind, texts in by_length for text in texts)


def _text_or_texts(fields: Fields, name: str) -> tuple[str, ...]:
    if isinstance(fields.values[name], list):
        return _texts(fields, name)
    return (fields.text(name, required=True),)


def _query(fields: Fields, number: int, item: Any) -> ImportedQuery:
    query = fields.inside(f"queries[{number}]", item)
    query.refuse_unknown(("query", "references"))
    return ImportedQuery(text=query.text("query", required=True), references=_texts(query, "references"))


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(
        fields.check_text(f"{name}[{n}]", text, required=True) for n, text in enumerate(fields.items(name), start=1)
    )
