"""Write a board as a table for other programs: CSV with every digit, LaTeX and Markdown as the page shows it.

tabulate writes the rows and the rules of LaTeX (booktabs) and Markdown. Its formats latex_booktabs and pipe pad every
cell; ours do not, so that two files differ only where their boards do. Cells are escaped here: pipe escapes nothing.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from tabulate import DataRow, TableFormat, tabulate

from leaderboards.exports import safe_cell
from leaderboards.presentation.board_table import VOTE_COLUMNS, BoardTable, TableRow, columns_of, make_table

IDENTITY = ("system", "name", "regime", "size_class")
OF_VOTES = ("rank", "rating", "rating_lower", "rating_upper", "votes", "win_rate", "both_bad_rate")
OF_INTERVALS = ("part", "rank_best", "rank_worst", "all_lower", "all_upper", "iid_lower", "iid_upper")
LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"}, "–": "--", "—": "---",
}  # fmt: skip
# What tabulate calls for a horizontal rule, with the widths and alignments of the columns.
Rule = Callable[[Sequence[int], Sequence[str]], str]


def _layout(row: DataRow, *, above: Rule | None = None, below_header: Rule, below: Rule | None = None) -> TableFormat:
    """Return a table without padding and without rules between its rows."""
    return TableFormat(above, below_header, None, below, row, row, padding=0, with_header_hide=None)


BOOKTABS = _layout(
    DataRow("", " & ", r" \\"),
    above=lambda widths, _: f"\\begin{{tabular}}{{l{'r' * (len(widths) - 1)}}}\n\\toprule",
    below_header=lambda *_: r"\midrule",
    below=lambda *_: "\\bottomrule\n\\end{tabular}",
)
MARKDOWN = _layout(DataRow("| ", " | ", " |"), below_header=lambda widths, _: "|---|" + "---:|" * (len(widths) - 1))


def as_csv(board: dict[str, Any]) -> str:
    """Every digit, a line a system in the board's order; an undefined value is an empty cell, its reason in `notes`.

    `too_few` says of whom too little was said for its figures to mean anything.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    beside = [column.key for column in columns_of(board)[len(VOTE_COLUMNS) :]]
    fields = (*IDENTITY, *OF_VOTES, *beside, *OF_INTERVALS)
    writer.writerow([*fields, "notes", "too_few"])
    for line in board["systems"]:
        notes = "; ".join(f"{field}: {reason}" for field, reason in sorted(line["reasons"].items()))
        values = [line[field] for field in fields]
        writer.writerow([safe_cell(value) for value in (*values, notes, line["too_few"])])
    return out.getvalue()


def as_latex(board: dict[str, Any]) -> str:
    """A tabular to be put into a table environment; needs \\usepackage{booktabs}."""
    shown = make_table(board)
    header, *rows = _cells(shown, _latex, lambda note: f"$^{{{note}}}$")
    notes = [f"\\par\\footnotesize $^{{{n}}}$ {_latex(note)}" for n, note in enumerate(shown.notes, start=1)]
    whose = f", {_latex(board['source'])}" if board.get("source") else ""
    source = f"% {board['study']}, {board['criterion']}{whose}, fingerprint {board['fingerprint']}"
    return "\n".join([source, _written(header, rows, BOOKTABS), *notes, ""])


def as_markdown(board: dict[str, Any]) -> str:
    shown = make_table(board)
    header, *rows = _cells(shown, _markdown, lambda note: f" [{note}]")
    notes = [f"{n}. {_markdown(note)}" for n, note in enumerate(shown.notes, start=1)]
    if board.get("source"):
        notes = [*notes, "", f"Source: {_markdown(board['source'])}"]
    return "\n".join([markdown_table(header, rows), *(["", *notes] if notes else []), ""])


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already: names on the left, figures on the right."""
    return _written(header, rows, MARKDOWN)


def _written(header: Sequence[str], rows: Sequence[Sequence[str]], layout: TableFormat) -> str:
    # The cells stay as they are: no numbers are read from them, and nothing is padded.
    return tabulate(rows, header, layout, disable_numparse=True, numalign=None, stralign=None)


def _cells(shown: BoardTable, write: Callable[[str], str], mark: Callable[[int], str]) -> list[list[str]]:
    def marked(text: str, note: int) -> str:
        return write(text) + (mark(note) if note else "")

    def cells(row: TableRow) -> list[str]:
        return [marked(row.system, row.note), *(marked(cell.text, cell.note) for cell in row.cells)]

    return [[write(header.label) for header in shown.headers], *(cells(row) for row in shown.rows)]


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)


def _markdown(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_")


# By the ending of the file: how it is written, and its content type.
TABLES: dict[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "tex": (as_latex, "application/x-tex; charset=utf-8"),
    "md": (as_markdown, "text/markdown; charset=utf-8"),
}
