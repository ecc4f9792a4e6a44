"""Read documents from JSON Lines, and from JSON files with one record or a list of records."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from models_runner.importing.field_map.known_sets import known_set
from models_runner.importing.field_map.mapping import find_map
from models_runner.importing.field_map.rows import RowReader
from models_runner.importing.field_map.wrapped import unwrapped
from models_runner.importing.files import LINES, SourceFile, json_objects, parse_json
from models_runner.importing.reading import Outcome, Reader, ReadOptions
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
from models_runner.importing.speech.text import turns_of_text

KNOWN = (
    *("id", "transcript", "references", "language", "metadata", "title", "queries", "licence", "redistributable"),
    *("split", "original_transcript"),
)
ANY_LENGTH = "any"


def recognise(source: SourceFile) -> str:
    if source.holds_lines:
        return "it holds a JSON object on each line"
    return "it holds JSON" if source.may_be_json or source.suffix in (".json", *LINES) else ""


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    """Read records of this format, or of others with --map or as a known data set."""
    values = _values(source, options)
    first = next(values, None)
    if first is None:
        return
    if options.fields or _is_foreign(first[0]):
        columns = list(first[0]) if isinstance(first[0], dict) else []
        given = find_map(columns, options, first[1])
        rows = _objects(chain([first], values))
        yield from RowReader(given, options, source.document_id, cells=False).read(rows, source.name)
        return
    for value, where in chain([first], values):
        try:
            yield read_record(value, where, options.language)
        except RecordError as error:
            yield error


def _values(source: SourceFile, options: ReadOptions) -> Iterator[tuple[Any, str]]:
    if source.holds_lines:
        yield from json_objects(source, options.encoding)
    else:
        content = parse_json(source.text(options.encoding), source.name) if options.encoding else source.json
        yield from unwrapped(content, source.name)


def _is_foreign(value: Any) -> bool:
    """Whether a record is another format's: a known data set's, or one without any field that names its text here."""
    if not isinstance(value, dict):
        return False
    return known_set(value) is not None or (bool(set(value) - set(KNOWN)) and not set(value) & set(KNOWN[1:]))


def _objects(values: Iterator[tuple[Any, str]]) -> Iterator[tuple[dict[str, Any], str]]:
    for value, where in values:
        if not isinstance(value, dict):
            raise RecordError(where, "is no object; expected one with the columns of --map.")
        yield value, where


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


READER = Reader(
    "jsonl",
    "JSON Lines and JSON",
    recognise,
    read,
    (".jsonl", ".json", ".ndjson"),
    "",
    "every field of a record; other columns by --map",
)
