"""Make cells of CSV files harmless: a spreadsheet runs a cell that begins like a formula, and empties the word nan.

Written by hand, because exports are imported again: plain_cell gives back exactly the text that safe_cell was given.
defusedcsv only writes, and changes more of a text than its beginning, so nobody can tell afterwards what it was.
"""

import csv
import re
from collections.abc import Iterable
from io import StringIO

# What pandas, R, spreadsheets and databases write for a missing value, and read as one.
MISSING = r"[-+]?(?:nan|null|none|nil|na|n/a|nat|<na>|#na|#n/a|#n/a n/a|1\.#(?:ind|qnan))"
MISSING_CELL = re.compile(MISSING, re.IGNORECASE)
# Apostrophes in front of such a beginning are counted in, so that taking one away again always gives the text.
HARMFUL = rf"(?:[=+\-@\t\r]|\s*{MISSING}\s*\Z)"
RISKY = re.compile(rf"'*{HARMFUL}", re.IGNORECASE)
QUOTED = re.compile(rf"'+{HARMFUL}", re.IGNORECASE)


def safe_cell(value: object) -> object:
    """The value as a CSV cell; text that a spreadsheet would run, or that reads as missing, gets an apostrophe in
    front. Numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and RISKY.match(value) else value


def plain_cell(cell: str) -> str:
    """The text that safe_cell made this cell of."""
    return cell[1:] if QUOTED.match(cell) else cell


def reads_as_missing(cell: str) -> bool:
    """Tell whether programs write this into a cell where they have no value, such as nan or N/A."""
    return MISSING_CELL.fullmatch(cell.strip()) is not None


def unmarked_word(cell: str) -> str:
    """The cell without the apostrophe that says that a word such as nan is meant as this word."""
    return cell[1:] if cell.startswith("'") and reads_as_missing(cell[1:]) else cell


def csv_line(values: Iterable[object]) -> str:
    """Cells that no spreadsheet runs; an undefined value is an empty one."""
    line = StringIO()
    csv.writer(line).writerow([safe_cell(value) for value in values])
    return line.getvalue()
