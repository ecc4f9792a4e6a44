"""Read documents from CSV files with a header."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from models_runner.importing.files import find_files, read_text
from models_runner.importing.jsonl import read_record
from models_runner.importing.records import LENGTHS, ImportedRecord, RecordError
from models_runner.importing.tables import LARGEST_CELL, check_cell, unique_header

REFERENCE_COLUMNS = ("reference", *(f"reference_{kind}" for kind in LENGTHS))
TEXTS = ("id", "transcript", "language", "title", "licence")
COLUMNS = (*TEXTS, "redistributable", *REFERENCE_COLUMNS)
FLAGS: dict[str, bool | None] = {
    "": None,
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}
REQUIRED = ("id", "transcript")


def read(path: Path, language: str) -> Iterator[ImportedRecord | RecordError]:
    try:
        for file in find_files(path, ".csv"):
            yield from _rows(file, language)
    except RecordError as error:
        yield error


def _rows(file: Path, language: str) -> Iterator[ImportedRecord | RecordError]:
    csv.field_size_limit(LARGEST_CELL)
    text = read_text(file)
    if "\x00" in text:
        raise RecordError(file.name, "holds NUL characters; it is no text file, or its encoding is not UTF-8.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _header(file, next(reader, []))
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _record(f"{file.name}, line {reader.line_num}", header, row, language)
    except csv.Error as error:
        raise RecordError(f"{file.name}, line {reader.line_num}", f"is not CSV: {error}.") from error


def _header(file: Path, header: list[str]) -> list[str]:
    where = f"{file.name}, header"
    names = unique_header(where, header)
    if unknown := [name for name in names if name not in COLUMNS]:
        raise RecordError(where, f"column {unknown[0]!r} is not known. Expected only: {', '.join(COLUMNS)}.")
    if missing := [name for name in REQUIRED if name not in names]:
        raise RecordError(where, f"column {missing[0]!r} is missing. Required: {', '.join(REQUIRED)}.")
    return names


def _record(where: str, header: list[str], row: list[str], language: str) -> ImportedRecord | RecordError:
    if len(row) != len(header):
        return RecordError(where, f"has {len(row)} cells; the header has {len(header)} columns.")
    cells = dict(zip(header, row, strict=True))
    try:
        for name, cell in cells.items():
            check_cell(f"{where}, field {name!r}", cell)
    except RecordError as error:
        return error
    value: dict[str, object] = {name: cells[name] for name in TEXTS if name in cells}
    flag = cells.get("redistributable", "").strip().lower()
    if flag not in FLAGS:
        return RecordError(f"{where}, field 'redistributable'", f"is {flag!r}; expected true, false or nothing.")
    value["redistributable"] = FLAGS[flag]
    by_length = {kind: cells[f"reference_{kind}"] for kind in LENGTHS if cells.get(f"reference_{kind}", "").strip()}
    of_any_length = cells.get("reference", "").strip()
    if by_length and of_any_length:
        return RecordError(where, "has a reference and references by length; use one kind.")
    value["references"] = by_length or ([cells["reference"]] if of_any_length else [])
    try:
        return read_record(value, where, language)
    except RecordError as error:
        return error
