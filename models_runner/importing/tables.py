"""Read rows of summaries and votes from JSON Lines, JSON, CSV or Parquet, each with its place."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lib.csv_cells import reads_as_missing, unmarked_word
from lib.lines import text_lines
from lib.names import normal_form
from lib.text.visible import visible_text
from models_runner.importing.files import json_objects, read_text
from models_runner.importing.records import RecordError

LARGEST_CELL = 50_000_000
DELIMITERS = ",;\t"
ROWS_AT_ONCE = 1_000
Row = tuple[Any, str]


def table_rows(path: Path, columns: Sequence[str], table: str = "") -> Iterator[Row]:
    """Yield the rows of a file as its ending says, or of this table of a release's folder.

    Cells of CSV are texts, and an empty one is left out; JSON and Parquet have their own types.

    Args:
        path: The file, or the folder of a release.
        columns: Names that a header may have; used to tell by which character CSV is delimited.
        table: The name of the table in a release.
    Raises:
        RecordError: The file cannot be read, or its header is wrong.
    """
    file = _table_of_release(path, table) if path.is_dir() else path
    match file.suffix.lower():
        case ".csv" | ".tsv":
            yield from _csv_rows(file, columns)
        case ".parquet":
            yield from _parquet_rows(file)
        case _:
            yield from json_objects(file)


def _table_of_release(folder: Path, table: str) -> Path:
    for file in (folder / "data" / f"{table}.jsonl", folder / f"{table}.jsonl"):
        if table and file.is_file():
            return file
    raise RecordError(
        str(folder), f"is a folder without data/{table}.jsonl. Expected a file, or the folder of a release."
    )


def _csv_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    csv.field_size_limit(LARGEST_CELL)
    text = read_text(path)
    if "\x00" in text:
        raise RecordError(path.name, "holds NUL characters; it is no text file, or its encoding is not UTF-8.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text, columns))
    try:
        first = next(reader, [])
        named = named_columns(first)
        header = unique_header(f"{path.name}, header", [first[n] for n in named])
        for whole in reader:
            where = f"{path.name}, line {reader.line_num}"
            row = fitted(whole, len(first))
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(first):
                raise RecordError(where, f"has not as many cells as the header has columns: {', '.join(header)}.")
            yield _cells(header, [row[n] for n in named], where), where
    except csv.Error as error:
        raise RecordError(f"{path.name}, line {reader.line_num}", f"is not CSV: {error}.") from error


def _delimiter(text: str, columns: Sequence[str]) -> str:
    """Return the delimiter that parts the header into most known names; of equals, into most names."""
    first = text_lines(text[:10_000])[0]

    def fit(character: str) -> tuple[int, int]:
        names = first.split(character)
        return sum(name.strip(' "') in columns for name in names), len(names)

    return max(DELIMITERS, key=fit)


# What pandas writes above the numbers of rows, and what a delimiter at the end of lines makes.
NAMELESS = re.compile(r"(?:Unnamed: \d+|__index_level_\d+__)?")


def named_columns(header: Sequence[str]) -> list[int]:
    """Return which columns have a name; others hold numbers of rows, or nothing."""
    return [n for n, name in enumerate(header) if not NAMELESS.fullmatch(name.strip())]


def fitted(row: list[str], columns: int) -> list[str]:
    """Return a row without the empty cells beyond the header's columns."""
    return row[:columns] if not any(cell.strip() for cell in row[columns:]) else row


def unique_header(where: str, header: Sequence[str]) -> list[str]:
    """Return the names of columns without blanks around them. Raises RecordError for a name that is there twice."""
    names = [normal_form(name) for name in header]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        which = " and ".join(str(number) for number, name in enumerate(names, start=1) if name == twice[0])
        raise RecordError(where, f"columns {which} are both named {twice[0]!r}. Name each column once, or delete one.")
    return names


def _cells(header: Sequence[str], row: Sequence[str], where: str) -> dict[str, str]:
    for name, cell in zip(header, row, strict=True):
        check_cell(f"{where}, field {name!r}", cell)
    return {name: unmarked_word(cell) for name, cell in zip(header, row, strict=True) if visible_text(cell)}


def check_cell(where: str, cell: str) -> None:
    """Raise RecordError for a cell such as nan, which programs write where a value is missing."""
    if reads_as_missing(cell):
        raise RecordError(
            where,
            f"is {cell.strip()!r}, which programs write into an empty cell. Leave the cell empty; if somebody really "
            f"wrote this word, put an apostrophe in front of it ('{cell.strip()}), or use JSON Lines.",
        )


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            unique_header(f"{path.name}, columns", file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                for value in batch.to_pylist():
                    number += 1
                    yield value, f"{path.name}, row {number}"
    except (pyarrow.ArrowException, OSError) as error:
        raise RecordError(path.name, f"cannot be read as Parquet: {str(error).splitlines()[0]}") from error
