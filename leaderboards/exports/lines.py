"""Rows to lines of text, and lines to parts of a file."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from pydantic_core import to_json  # django-ninja's; three times as fast as json

from leaderboards.data.votes import EXPORT_FIELDS
from lib.csv_cells import safe_cell

Row = dict[str, object]
PART_CHARACTERS = 64_000


class _Line:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Row], fields: Sequence[str] = EXPORT_FIELDS) -> Iterator[str]:
    """A header and one line a row; an undefined value is an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(fields)
    for row in rows:
        yield writer.writerow([safe_cell(row[field]) for field in fields])


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield to_json(row).decode() + "\n"


def parts(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines as UTF-8, many at once: a part a line would be a call of the web server a line."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PART_CHARACTERS:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
