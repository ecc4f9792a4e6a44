"""Read documents from spreadsheets: .xlsx, .xlsm, .xlsb, .xls and .ods, through calamine."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from models_runner.importing.field_map.known_sets import HABITS
from models_runner.importing.field_map.mapping import find_map, own_map
from models_runner.importing.field_map.rows import RowReader
from models_runner.importing.files import SourceFile
from models_runner.importing.readers.archives import holds_member, is_zip, refuse_bomb
from models_runner.importing.reading import Note, NoteKind, Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError
from models_runner.importing.tables import unique_header

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_ABOVE = 10  # rows in which a title may stand above the names of columns
NAMES = frozenset(name for habits in HABITS.values() for name in habits)
LARGEST_CELL = 32_767  # characters: what Excel lets a cell hold; longer texts are cut there


def recognise(source: SourceFile) -> str:
    if holds_member(source, "xl/workbook.xml", "xl/workbook.bin"):
        return "it is an Excel workbook"
    if source.suffix == ".ods" and holds_member(source, "content.xml"):
        return "it is an OpenDocument spreadsheet"
    return "it is an old Excel workbook" if source.suffix == ".xls" and source.head.startswith(OLE) else ""


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    if is_zip(source):
        refuse_bomb(source)
    sheet, rows = _sheet(source, options)
    where = f"{source.name}, sheet {sheet}"
    first, header, above = _header(rows)
    if above:
        said = "; ".join(f"row {n} “{text}”" for n, text in above)
        yield Note(where, f"Not taken for names of columns: {said}.", NoteKind.LEFT_OUT)
    names = [name for name in header if name]
    if not names:
        raise RecordError(where, "has no rows. Expected names of columns in the first one.")
    unique_header(f"{where}, header", names)
    given = (None if options.fields else own_map(names)) or find_map(names, options, f"{where}, header")
    long: list[str] = []

    def read_rows() -> Iterator[tuple[Mapping[str, Any], str]]:
        for number, row in enumerate(rows[first + 1 :], start=first + 2):
            cells = {name: _cell(value) for name, value in zip(header, row, strict=False) if name}
            place = f"{where}, row {number}"
            if any(value is not None for value in cells.values()):
                long.extend(f"row {number}" for v in cells.values() if isinstance(v, str) and len(v) >= LARGEST_CELL)
                yield cells, place

    yield from RowReader(given, options, source.document_id, cells=True).read(read_rows(), where)
    if long:
        cut_rows = ", ".join(long[:8])
        cut = f"{cut_rows}: a cell holds {LARGEST_CELL:,} characters, where Excel cuts texts. It may not be whole."
        yield Note(where, cut)


def _header(rows: list[list[Any]]) -> tuple[int, list[str], list[tuple[int, str]]]:
    """Return the index of the row that names the columns, the names, and what stands above them."""
    above = _lines_above(rows)
    least = above[-1][0] if above else 0
    first = next((n for n, row in enumerate(rows) if n >= least and any(row)), 0)
    header = [str(name).strip() for name in rows[first]] if rows else []
    while header and not header[-1]:
        header.pop()
    return first, header, above


def _lines_above(rows: list[list[Any]]) -> list[tuple[int, str]]:
    """Return what stands above the names of columns, such as a title, with its row: single cells, where more follow."""
    above: list[tuple[int, str]] = []
    for number, row in enumerate(rows[:MOST_ABOVE], start=1):
        filled = [str(value).strip() for value in row if value != ""]
        if len(filled) > 1:
            return above
        if filled and filled[0].lower() in NAMES:
            return []
        above += [(number, text) for text in filled]
    return []


def _sheet(source: SourceFile, options: ReadOptions) -> tuple[str, list[list[Any]]]:
    """Return the name and the cells of the sheet that was asked for, or of the only one with any."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(source.data))
        names = workbook.sheet_names
        if options.sheet:
            if options.sheet not in names:
                raise RecordError(source.name, f"has no sheet {options.sheet!r}. Its sheets are {', '.join(names)}.")
            return options.sheet, _rows(workbook.get_sheet_by_name(options.sheet))
        filled = {name: rows for name in names if any(map(any, rows := _rows(workbook.get_sheet_by_name(name))))}
    except (CalamineError, OSError, ValueError) as error:
        raise RecordError(source.name, f"is no workbook that can be read: {error}.") from error
    if len(filled) > 1:
        raise RecordError(
            source.name, f"has several sheets: {', '.join(filled)}. Name one: --sheet {next(iter(filled))!r}."
        )
    return next(iter(filled.items()), (names[0] if names else "", []))


def _rows(sheet: Any) -> list[list[Any]]:
    """Return the cells of a sheet; a cell that is merged with those below stands in each of their rows."""
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left == right and bottom < len(rows):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = rows[top][left]
    return rows


def _cell(value: Any) -> Any:
    if value == "" or value is None:
        return None
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return int(value) if float(value).is_integer() else value
    return str(value)  # dates and times


READER = Reader(
    "xlsx", "Excel and OpenDocument", recognise, read, SUFFIXES, "python-calamine", "columns by name or --map"
)
