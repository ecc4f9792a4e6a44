"""A board as a table ready to print, with numbered notes. All arithmetic is done here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from leaderboards.presentation.enough import in_numbers
from lib.numbers import (
    UNDEFINED,
    format_bare_seconds,
    format_count,
    format_fraction,
    format_parameters,
    format_percent,
    format_whole,
)
from models_runner.metrics.declared import board_values, declared_value, direction_of, help_of, label_of
from models_runner.metrics.protocol import Direction

DEFAULT_SORT = "-rating"


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        field: The field of a board's line that it sorts by; the key if left out.
        highest_first: Whether the first click on its heading sorts the highest value to the top.
        help_text: A sentence on what it says; "" if the page says it elsewhere.
    """

    key: str
    label: str
    write: Callable[[float], str]
    field: str = ""
    highest_first: bool = True
    help_text: str = ""

    @property
    def sort_field(self) -> str:
        return self.field or self.key

    @property
    def first_sort(self) -> str:
        return f"-{self.key}" if self.highest_first else self.key


VOTE_COLUMNS = (
    Column("rank", "Rank", format_whole, field="rank_best", highest_first=False),
    Column("rating", "Rating", format_whole),
    Column("interval", "95 % interval", format_whole, field="rating_lower"),
    Column("votes", "Votes", format_count),
    Column("win_rate", "Win rate", format_percent),
    Column("both_bad_rate", "Both bad", format_percent, highest_first=False),
)
COST_COLUMNS = (
    Column("seconds", "Seconds", format_bare_seconds, highest_first=False),
    Column("parameters", "Params", format_parameters, highest_first=False),
)


def _metric_column(name: str) -> Column:
    declared = declared_value(name)
    digits = declared.value.digits if declared else 3
    write = partial(format_fraction, digits=digits) if digits else format_whole
    highest_first = direction_of(name) == Direction.HIGHER
    return Column(name, label_of(name), write, highest_first=highest_first, help_text=help_of(name))


# The columns of every board; further ones are of metrics that some summary has a value of.
COLUMNS = (*VOTE_COLUMNS, *map(_metric_column, board_values()), *COST_COLUMNS)


def columns_of(board: dict[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a board: of votes, of the metrics that it has values of, and of costs."""
    fields = board["systems"][0] if board["systems"] else ()
    return (*VOTE_COLUMNS, *map(_metric_column, board_values(fields)), *COST_COLUMNS)


# Columns of ranges, with the field of their other end. A rank is the range that the votes leave open.
LAST = {"rank": "rank_worst", "interval": "rating_upper"}
SYSTEM = Column("system", "System", str, highest_first=False)


def _sorts(columns: Sequence[Column]) -> set[str]:
    return {sort for column in (SYSTEM, *columns) for sort in (column.key, f"-{column.key}")}


SORTS = _sorts(COLUMNS)


@dataclass(frozen=True)
class TableHeader:
    """A heading.

    Attributes:
        direction: How the table is sorted by this column: ascending, descending or "".
        next_sort: The order that a click on the heading asks for.
        help_text: A sentence on what the column says; "" if there is none.
    """

    key: str
    label: str
    numeric: bool
    direction: str
    next_sort: str
    help_text: str = ""


@dataclass(frozen=True)
class TableCell:
    """A value as text.

    Attributes:
        sort: The value with every digit, for sorting; "" where undefined.
        note: Number of the note about the value, 0 if there is none.
        label: The heading of its column, which stands beside it where the table is too narrow for columns.
    """

    text: str
    sort: str
    note: int
    label: str


@dataclass(frozen=True)
class TableRow:
    """A system; its note says what was cut off or empty among its summaries."""

    system: str
    name: str
    regime: str
    size_class: str
    note: int
    cells: list[TableCell]


@dataclass(frozen=True)
class TableBody:
    """Rows on one scale; the title is "" where the table has one scale only."""

    title: str
    rows: list[TableRow]


@dataclass(frozen=True)
class BoardTable:
    """A whole table; its notes are numbered from 1."""

    headers: list[TableHeader]
    bodies: list[TableBody]
    notes: list[str]

    @property
    def explained(self) -> list[TableHeader]:
        return [header for header in self.headers if header.help_text]

    @property
    def rows(self) -> list[TableRow]:
        return [row for body in self.bodies for row in body.rows]


def make_table(board: dict[str, Any], *, sort: str = DEFAULT_SORT) -> BoardTable:
    """Write the board's lines in the order asked for: undefined values last, equals in the board's order.

    Where too little was said about a system, its figures are dashes with the reason.

    sort: The key of a column, with "-" in front for descending; an unknown key gives the default order.
    """
    columns = columns_of(board)
    sort = sort if sort in _sorts(columns) else DEFAULT_SORT
    board, notes = in_numbers(board), list[str]()
    bodies = [
        TableBody(title, [_row(line, columns, notes) for line in _sorted(lines, columns, sort)])
        for title, lines in by_part(board).items()
    ]
    return BoardTable(headers=[_header(column, sort) for column in (SYSTEM, *columns)], bodies=bodies, notes=notes)


def ordered_systems(board: dict[str, Any], *, sort: str = DEFAULT_SORT) -> list[str]:
    """Return the slugs of a board's systems in the order of make_table."""
    columns = columns_of(board)
    sort = sort if sort in _sorts(columns) else DEFAULT_SORT
    parts = by_part(in_numbers(board)).values()
    return [line["system"] for lines in parts for line in _sorted(lines, columns, sort)]


def by_part(board: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Group the lines by the parts that votes connect, under titles; a board of one part is one group titled "".

    board: has_parts says of a board with some of its lines that all of them are of several parts.
    """
    lines = board["systems"]
    if not board.get("has_parts") and len({line["part"] for line in lines} - {None}) < 2:
        return {"": lines}
    titled: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        title = "Without votes" if line["part"] is None else f"Part {line['part'] + 1}, on a scale of its own"
        titled.setdefault(title, []).append(line)
    return titled


def _sorted(lines: Sequence[dict[str, Any]], columns: Sequence[Column], sort: str) -> list[dict[str, Any]]:
    key = sort.removeprefix("-")
    field = next(column.sort_field for column in (SYSTEM, *columns) if column.key == key)
    defined = [line for line in lines if line[field] is not None]
    defined.sort(key=lambda line: line[field], reverse=sort.startswith("-"))
    return defined + [line for line in lines if line[field] is None]


def _header(column: Column, sort: str) -> TableHeader:
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    reverse = {"ascending": f"-{column.key}", "descending": column.key}
    return TableHeader(
        key=column.key,
        label=column.label,
        numeric=column is not SYSTEM,
        direction=direction,
        next_sort=reverse.get(direction, column.first_sort),
        help_text=column.help_text,
    )


def _row(line: dict[str, Any], columns: Sequence[Column], notes: list[str]) -> TableRow:
    return TableRow(
        system=line["system"],
        name=line["name"],
        regime=line["regime"],
        size_class=line["size_class"],
        note=_note_number(_incomplete_summaries(line), notes),
        cells=[_cell(line, column, notes) for column in columns],
    )


def _cell(line: dict[str, Any], column: Column, notes: list[str]) -> TableCell:
    value = line[column.sort_field]
    note = _note_number(line["reasons"].get(column.sort_field, ""), notes)
    if value is None:
        return TableCell(UNDEFINED, "", note, column.label)
    text = column.write(value)
    last = value if column.key not in LAST else line[LAST[column.key]]
    shown = text if last == value else f"{text}–{column.write(last)}"
    return TableCell(shown, repr(value), note, column.label)


def _note_number(text: str, notes: list[str]) -> int:
    """Return the number of a note, added to the notes if it is new; 0 for no text."""
    if not text:
        return 0
    if text not in notes:
        notes.append(text)
    return notes.index(text) + 1


def _incomplete_summaries(line: dict[str, Any]) -> str:
    """Describe what was cut off or empty as one note, so that nothing of it passes in silence."""
    parts = []
    if line["cut_inputs"]:
        dropped = format_count(line["dropped_tokens"])
        parts.append(f"input cut in {line['cut_inputs']}, {dropped} tokens dropped in all")
    if line["cut_outputs"]:
        parts.append(f"output cut off at its limit in {line['cut_outputs']}")
    if line["empty_outputs"]:
        parts.append(f"nothing written in {line['empty_outputs']}")
    return f"of {line['summaries']:,} summaries: {'; '.join(parts)}" if parts else ""
