"""A board ready to print: the table with its notes, and the forest plot. All arithmetic is done here."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

UNDEFINED = "—"
DEFAULT_SORT = "-rating"


# ---- how values are written


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _fraction(value: float) -> str:
    return f"{value:.3f}"


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _parameters(value: float) -> str:
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.0f}"


@dataclass(frozen=True)
class Column:
    """field: what it is sorted by. A column whose best value is the highest starts with that one at the top."""

    key: str
    label: str
    write: Callable[[float], str]
    field: str = ""
    highest_first: bool = True

    @property
    def first_sort(self) -> str:
        return f"-{self.key}" if self.highest_first else self.key


COLUMNS = (
    Column("rank", "Rank", _whole, highest_first=False),
    Column("rating", "Rating", _whole),
    Column("interval", "95 % interval", _whole, field="rating_lower"),
    Column("votes", "Votes", _count),
    Column("win_rate", "Win rate", _percent),
    Column("both_bad_rate", "Both bad", _percent, highest_first=False),
    Column("rouge1", "ROUGE-1", _fraction),
    Column("rouge2", "ROUGE-2", _fraction),
    Column("rougeL", "ROUGE-L", _fraction),
    Column("rougeLsum", "ROUGE-Lsum", _fraction),
    Column("bertscore_f1", "BERTScore", _fraction),
    Column("words", "Words", _whole, highest_first=False),
    Column("seconds", "Seconds", _seconds, highest_first=False),
    Column("parameters", "Params", _parameters, highest_first=False),
)
SYSTEM = Column("system", "System", str, highest_first=False)
SORTS = {sort for column in (SYSTEM, *COLUMNS) for sort in (column.key, f"-{column.key}")}


# ---- the table


@dataclass(frozen=True)
class Header:
    key: str
    label: str
    numeric: bool
    direction: str  # ascending, descending or ""
    next_sort: str


@dataclass(frozen=True)
class Cell:
    """sort: the value as text, "" where undefined. note: number of the note about it, 0 if there is none.

    aside: below the value on a page, such as the ranks that the votes leave open.
    """

    text: str
    sort: str
    note: int
    aside: str = ""


@dataclass(frozen=True)
class Row:
    system: str
    name: str
    regime: str
    size_class: str
    note: int
    cells: list[Cell]


@dataclass(frozen=True)
class Body:
    """Rows that one scale holds; title: "" where there is only one."""

    title: str
    rows: list[Row]


@dataclass(frozen=True)
class Table:
    headers: list[Header]
    bodies: list[Body]
    notes: list[str]

    @property
    def rows(self) -> list[Row]:
        return [row for body in self.bodies for row in body.rows]


def table(board: dict[str, Any], *, sort: str = DEFAULT_SORT) -> Table:
    """The board's lines in the order asked for, undefined values last; equals stay in the board's order.

    sort: the key of a column, with "-" in front for descending; the default order where there is no such column.
    """
    sort = sort if sort in SORTS else DEFAULT_SORT
    notes: list[str] = []
    bodies = [
        Body(title, [_row(line, notes) for line in _sorted(lines, sort)]) for title, lines in by_part(board).items()
    ]
    return Table(headers=[_header(column, sort) for column in (SYSTEM, *COLUMNS)], bodies=bodies, notes=notes)


def by_part(board: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The lines of each part that votes connect, by a title; all together, without one, where there is one part."""
    lines = board["systems"]
    if len({line["part"] for line in lines} - {None}) < 2:
        return {"": lines}
    titled: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        title = "Without votes" if line["part"] is None else f"Part {line['part'] + 1}, on a scale of its own"
        titled.setdefault(title, []).append(line)
    return titled


def _sorted(lines: Sequence[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    key = sort.removeprefix("-")
    field = next(column.field or column.key for column in (SYSTEM, *COLUMNS) if column.key == key)
    known = [line for line in lines if line[field] is not None]
    known.sort(key=lambda line: line[field], reverse=sort.startswith("-"))
    return known + [line for line in lines if line[field] is None]


def _header(column: Column, sort: str) -> Header:
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    other = {"ascending": f"-{column.key}", "descending": column.key}
    return Header(
        key=column.key,
        label=column.label,
        numeric=column is not SYSTEM,
        direction=direction,
        next_sort=other.get(direction, column.first_sort),
    )


def _row(line: dict[str, Any], notes: list[str]) -> Row:
    return Row(
        system=line["system"],
        name=line["name"],
        regime=line["regime"],
        size_class=line["size_class"],
        note=_note(_flags(line), notes),
        cells=[_cell(line, column, notes) for column in COLUMNS],
    )


def _cell(line: dict[str, Any], column: Column, notes: list[str]) -> Cell:
    field = column.field or column.key
    value = line[field]
    note = _note(line["reasons"].get(field, ""), notes)
    if value is None:
        return Cell(UNDEFINED, "", note)
    text = column.write(value)
    if column.key == "interval":
        text = f"{text}–{column.write(line['rating_upper'])}"
    return Cell(text, repr(value), note, _open_ranks(line) if column.key == "rank" else "")


def _open_ranks(line: dict[str, Any]) -> str:
    best, worst = line["rank_best"], line["rank_worst"]
    return "" if best is None or best == worst else f"{best}–{worst}"


def _note(text: str, notes: list[str]) -> int:
    if not text:
        return 0
    if text not in notes:
        notes.append(text)
    return notes.index(text) + 1


def _flags(line: dict[str, Any]) -> str:
    """What was cut off or empty, as one note; nothing of it may pass in silence."""
    parts = []
    if line["cut_inputs"]:
        parts.append(f"input cut in {line['cut_inputs']}, {line['dropped_tokens']:,} tokens dropped in all")
    if line["cut_outputs"]:
        parts.append(f"output cut off at its limit in {line['cut_outputs']}")
    if line["empty_outputs"]:
        parts.append(f"nothing written in {line['empty_outputs']}")
    return f"of {line['summaries']} summaries: {'; '.join(parts)}" if parts else ""


# ---- the forest plot: across, positions are percentages, so that text keeps its size on every screen

ROW_HEIGHT = 46
AXIS_HEIGHT = 26
MARGIN = 3.0
LABEL_LENGTH = 32


@dataclass(frozen=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True)
class ForestRow:
    """y: of the line; text_y: of the words above it. x, x1 and x2: the rating and its interval, "" where undefined.

    value and range are the same in figures; a narrow screen shows no range. why: reason for no interval.
    """

    label: str
    value: str
    range: str
    kind: str
    text_y: int
    y: int
    x: str
    x1: str
    x2: str
    why: str


@dataclass(frozen=True)
class ForestPlot:
    rows: list[ForestRow]
    ticks: list[Tick]
    height: int
    axis_y: int
    description: str


def forest_plots(board: dict[str, Any]) -> dict[str, ForestPlot]:
    """One for each part that votes connect, by its title; none while nothing is rated."""
    plots = {title: forest_plot({"systems": lines}) for title, lines in by_part(board).items()}
    return {title: plot for title, plot in plots.items() if plot is not None}


def forest_plot(board: dict[str, Any]) -> ForestPlot | None:
    """Ratings with their intervals, the highest at the top; None while nothing is rated. Of one part: one scale."""
    lines = [line for line in board["systems"] if line["rating"] is not None]
    if not lines:
        return None
    ends = [line[field] for line in lines for field in ("rating", "rating_lower", "rating_upper")]
    known = [end for end in ends if end is not None]
    low, high = min(known), max(known)
    if high - low < 1:
        low, high = low - 50, high + 50

    def place(value: float | None) -> str:
        if value is None:
            return ""
        return f"{MARGIN + (100 - 2 * MARGIN) * (value - low) / (high - low):.2f}%"

    rows = [
        ForestRow(
            label=_shortened(line["system"]),
            value=f"{line['rating']:.0f}",
            range=_range(line),
            kind=line["regime"],
            text_y=i * ROW_HEIGHT + 16,
            y=i * ROW_HEIGHT + 32,
            x=place(line["rating"]),
            x1=place(line["rating_lower"]),
            x2=place(line["rating_upper"]),
            why=line["reasons"].get("rating_lower", ""),
        )
        for i, line in enumerate(lines)
    ]
    axis_y = len(lines) * ROW_HEIGHT
    return ForestPlot(
        rows=rows,
        ticks=[Tick(place(value), f"{value:.0f}") for value in _ticks(low, high)],
        height=axis_y + AXIS_HEIGHT,
        axis_y=axis_y,
        description="; ".join(f"{line['system']}: {line['rating']:.0f} {_range(line)}" for line in lines),
    )


def _range(line: dict[str, Any]) -> str:
    if line["rating_lower"] is None:
        return "(no interval)"
    return f"({line['rating_lower']:.0f}–{line['rating_upper']:.0f})"


def _shortened(name: str) -> str:
    """A longer label would run into the figures on a phone; the table has the whole name."""
    return name if len(name) <= LABEL_LENGTH else f"{name[: LABEL_LENGTH - 1]}…"


def _ticks(low: float, high: float) -> list[float]:
    """At most five round values within the range."""
    for exponent in range(-1, 9):
        for factor in (1, 2, 5):
            step = factor * 10.0**exponent
            first, last = math.ceil(low / step), math.floor(high / step)
            if last - first < 5:
                return [step * i for i in range(first, last + 1)]
    return []
