"""Write rows as lines of text, and lines as parts of a file."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from leaderboards.exports.rows import EXPORT_FIELDS, Row
from lib.csv_cells import safe_cell
from lib.lines import json_line

PART_CHARACTERS = 64_000


class _Line:
    """A file for csv.writer that returns each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Row], fields: Sequence[str] = EXPORT_FIELDS) -> Iterator[str]:
    """Yield a header and a line for each row; an undefined value is an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(fields)
    for row in rows:
        yield writer.writerow([safe_cell(row[field]) for field in fields])


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield each row as a line of JSON, which every reader takes for one line."""
    for row in rows:
        yield json_line(row)


def parts(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines to parts in UTF-8: the web server is called once a part, so a part holds many lines."""
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
