"""A board as a table for other programs: CSV with every digit, LaTeX (booktabs) and Markdown as the page shows it."""

import csv
import io
from collections.abc import Callable
from typing import Any

from leaderboards.exports import safe_cell
from leaderboards.presentation.board_table import COLUMNS, BoardTable, TableRow, make_table

IDENTITY = ("system", "name", "regime", "size_class")
NUMBERS = (
    *("rank", "rating", "rating_lower", "rating_upper", "votes", "win_rate", "both_bad_rate"),
    *(column.key for column in COLUMNS[6:]),
    *("part", "rank_best", "rank_worst", "all_lower", "all_upper", "iid_lower", "iid_upper"),
)
LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"}, "–": "--", "—": "---",
}  # fmt: skip


def as_csv(board: dict[str, Any]) -> str:
    """Every digit, a line a system in the board's order; an undefined value is an empty cell, its reason in `notes`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*IDENTITY, *NUMBERS, "notes"])
    for line in board["systems"]:
        notes = "; ".join(f"{field}: {reason}" for field, reason in sorted(line["reasons"].items()))
        values = [line[field] for field in (*IDENTITY, *NUMBERS)]
        writer.writerow([safe_cell(value) for value in (*values, notes)])
    return out.getvalue()


def as_latex(board: dict[str, Any]) -> str:
    """A tabular to be put into a table environment; needs \\usepackage{booktabs}."""
    shown = make_table(board)
    rows = [" & ".join(cells) + r" \\" for cells in _cells(shown, _latex, lambda note: f"$^{{{note}}}$")]
    notes = [f"\\par\\footnotesize $^{{{n}}}$ {_latex(note)}" for n, note in enumerate(shown.notes, start=1)]
    return "\n".join(
        [
            f"% {board['study']}, {board['criterion']}, fingerprint {board['fingerprint']}",
            f"\\begin{{tabular}}{{l{'r' * len(COLUMNS)}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}",
            *notes,
            "",
        ]
    )


def as_markdown(board: dict[str, Any]) -> str:
    shown = make_table(board)
    rows = [f"| {' | '.join(cells)} |" for cells in _cells(shown, _markdown, lambda note: f" [{note}]")]
    notes = [f"{n}. {_markdown(note)}" for n, note in enumerate(shown.notes, start=1)]
    return "\n".join([rows[0], f"|---|{'---:|' * len(COLUMNS)}", *rows[1:], *(["", *notes] if notes else []), ""])


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
