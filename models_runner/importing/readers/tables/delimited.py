"""Read documents from tables in text files: CSV with any usual delimiter, and TSV."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from models_runner.importing.field_map.known_sets import known_set
from models_runner.importing.field_map.mapping import OWN_COLUMNS, find_map, listed, proposal
from models_runner.importing.field_map.rows import RowReader
from models_runner.importing.files import SourceFile
from models_runner.importing.reading import Note, NoteKind, Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError
from models_runner.importing.tables import LARGEST_CELL, fitted, named_columns, unique_header

COLUMNS = OWN_COLUMNS
REQUIRED = ("id", "transcript")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SNIFFED = 20  # records


def recognise(source: SourceFile) -> str:
    """A header of several names, and records with as many cells; or a header with this format's own columns."""
    if source.suffix not in (".csv", ".tsv", ".tab", ".psv", ".txt"):
        return ""
    delimiter = _delimiter(source)
    rows = _sample(source.beginning, delimiter)
    header = [name.strip() for name in rows[0]] if rows else []
    if source.suffix == ".txt" and not (known_set(header) or set(REQUIRED) <= set(header)):
        return ""
    if source.suffix == ".txt" and len(header) < 2:
        return ""
    return f"its columns are parted by {DELIMITERS[delimiter]}" if len(header) > 1 else "its name ends as a table's"


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    csv.field_size_limit(LARGEST_CELL)
    text = source.text(options.encoding)
    if "\x00" in text:
        raise RecordError(source.name, "holds NUL characters; it is no text file, or its encoding is not UTF-8.")
    delimiter = _delimiter(source, text)
    if delimiter != ",":
        yield Note(source.name, f"Its columns are parted by {DELIMITERS[delimiter]}.")
    rows = _rows(source, text, delimiter)
    first = next(rows, None)
    cells = first[0] if first else []
    named = named_columns(cells)
    header = unique_header(f"{source.name}, header", [cells[n] for n in named])
    if len(named) < len(cells) and named:
        yield _nameless(source, len(cells), named)
    rows = _named_cells(rows, len(cells), named)
    if options.fields or _is_foreign(header):
        yield from _by_map(source, header, rows, options)
    else:
        yield from _native(source, header, rows, options)


def _nameless(source: SourceFile, columns: int, named: list[int]) -> Note:
    numbers = ", ".join(str(n + 1) for n in range(columns) if n not in named)
    return Note(source.name, f"Columns without a name were not taken over: {numbers}.", NoteKind.LEFT_OUT)


def _named_cells(
    rows: Iterator[tuple[list[str], str]], columns: int, named: list[int]
) -> Iterator[tuple[list[str], str]]:
    """Yield rows without the cells of columns that have no name; a row of another length stays as it is."""
    for row, where in rows:
        cells = fitted(row, columns)
        yield ([cells[n] for n in named] if len(cells) == columns else cells), where


def _is_foreign(header: list[str]) -> bool:
    """Whether the columns are those of a known data set, not of this format."""
    return known_set(header) is not None


def _by_map(
    source: SourceFile,
    header: list[str],
    rows: Iterator[tuple[list[str], str]],
    options: ReadOptions,
    *,
    own: bool = False,
) -> Iterator[Outcome]:
    given = find_map(header, options, f"{source.name}, header")
    reader = RowReader(given, options, source.document_id, cells=True, own=own)
    problems: list[RecordError] = []

    def checked() -> Iterator[tuple[Mapping[str, Any], str]]:
        for row, where in rows:
            if problem := _wrong_length(row, header, where):
                problems.append(problem)
            else:
                yield dict(zip(header, row, strict=True)), where

    yield from reader.read(checked(), source.name)
    yield from problems


def _native(
    source: SourceFile, header: list[str], rows: Iterator[tuple[list[str], str]], options: ReadOptions
) -> Iterator[Outcome]:
    where = f"{source.name}, header"
    capitals = {name.lower(): name for name in header}
    if len(capitals) == len(header) and set(capitals) <= set(COLUMNS):
        header = list(capitals)
    if unknown := [name for name in header if name not in COLUMNS]:
        expected = f"Expected only: {', '.join(COLUMNS)}. Columns are {listed(header)}. {proposal(header)}"
        raise RecordError(where, f"column {unknown[0]!r} is not known. {expected}")
    if missing := [name for name in REQUIRED if name not in header]:
        raise RecordError(where, f"column {missing[0]!r} is missing. Required: {', '.join(REQUIRED)}.")
    given = ReadOptions(
        fields={name: (name,) for name in header if name}, language=options.language, missing=options.missing
    )
    yield from _by_map(source, header, rows, given, own=True)


def _wrong_length(row: list[str], header: list[str], where: str) -> RecordError | None:
    if len(row) == len(header):
        return None
    return RecordError(where, f"has {len(row)} cells; the header has {len(header)} columns.")


def _rows(source: SourceFile, text: str, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """Yield the cells of each record, the header first, with its place."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            if number == 0 and len(row) < 3 and "".join(row).strip().lower() in ("sep=", f"sep={delimiter}"):
                continue  # how a file tells Excel its delimiter
            if any(cell.strip() for cell in row):
                yield row, f"{source.name}, line {reader.line_num}"
    except csv.Error as error:
        raise RecordError(f"{source.name}, line {reader.line_num}", f"is not CSV: {error}.") from error


def _delimiter(source: SourceFile, text: str = "") -> str:
    """Return the delimiter that parts the header into most columns, and as many in the records below it."""
    beginning = text[:100_000] or source.beginning
    if beginning[:4].lower() == "sep=" and beginning[4:5] in DELIMITERS:
        return beginning[4]
    best, columns = ",", 1
    for delimiter in DELIMITERS:
        rows = _sample(beginning, delimiter)
        if rows and len(rows[0]) > columns:
            alike = sum(len(row) == len(rows[0]) for row in rows)
            if alike * 2 > len(rows) or len(rows) == 1:
                best, columns = delimiter, len(rows[0])
    return best


def _sample(text: str, delimiter: str) -> list[list[str]]:
    """Return the first records; the last one may be cut off and is left out, unless it is all there is."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > SNIFFED:
                break
    except csv.Error:
        pass
    return rows if len(rows) < 3 else rows[:-1]


READER = Reader(
    "csv",
    "CSV, TSV and other delimited text",
    recognise,
    read,
    (".csv", ".tsv", ".tab", ".psv"),
    "Python's csv",
    "columns by name or --map",
)
