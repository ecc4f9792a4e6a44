"""Votes as CSV and JSON Lines, one row at a time."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from annotations.models import Criterion, Study
from leaderboards.votes import EXPORT_FIELDS, export_rows
from models_runner.files import replace_when_complete

# A spreadsheet takes a cell that begins like this for a formula and runs it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> object:
    """The value as a CSV cell; text that a spreadsheet would run gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def csv_lines(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    """A header and one line a row; an undefined value is an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(EXPORT_FIELDS)
    for row in rows:
        yield writer.writerow([safe_cell(row[field]) for field in EXPORT_FIELDS])


def json_lines(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Iterable[dict[str, object]]], Iterator[str]]] = {"csv": csv_lines, "jsonl": json_lines}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


def export_ratings(study: Study, path: Path, file_format: str, *, criterion: Criterion | None = None) -> int:
    """Write the study's votes; returns how many. The file appears under its name only when complete."""
    count = 0

    def counted() -> Iterator[dict[str, object]]:
        nonlocal count
        for row in export_rows(study, criterion):
            count += 1
            yield row

    with replace_when_complete(path) as file:
        file.writelines(FORMATS[file_format](counted()))
    return count
