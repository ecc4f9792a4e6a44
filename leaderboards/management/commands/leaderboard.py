import json
import textwrap
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import SEPARATING_LINE, DataRow, Line, TableFormat, tabulate

from leaderboards.data.filters import PEOPLE, Filters, UnknownFilterError
from leaderboards.data.lookup import UnknownCriterionError, UnknownStudyError, find_criterion, find_study
from leaderboards.presentation.board_table import BoardTable, make_table
from leaderboards.presentation.tables import as_csv, as_latex, as_markdown
from leaderboards.snapshots.boards import get_board
from leaderboards.web.filter_form import check_choice, left_out

FORMATS = {"csv": as_csv, "latex": as_latex, "markdown": as_markdown}
WIDTH = 100
# People's answers first, what machines say below: one table of both is too wide for a terminal.
VOTE_COLUMNS = 6
GRID = TableFormat(
    lineabove=None,
    linebelowheader=Line("", "-", "  ", ""),
    linebetweenrows=None,
    linebelow=None,
    headerrow=None,
    datarow=DataRow("", "  ", ""),
    padding=0,
    with_header_hide=None,
)


class Command(BaseCommand):
    help = "Show a study's leaderboard: ratings from the votes, with intervals, and automatic metrics."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--criterion", default="overall")
        parser.add_argument("--filters", default="", help="As in the address of a board: 'judges=human&ties=davidson'.")
        parser.add_argument("--source", default=PEOPLE, help="people (the default), judge:NAME or helped:NAME.")
        parser.add_argument("--format", choices=["table", "json", *FORMATS], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = find_study(options["slug"])
            filters = check_choice(replace(Filters.from_key(options["filters"]), source=options["source"]), study)
            board = get_board(study, find_criterion(study, options["criterion"]), filters=filters)
        except (UnknownStudyError, UnknownCriterionError, UnknownFilterError) as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps({"source": filters.source} | board, ensure_ascii=False, indent=2))
        elif options["format"] in FORMATS:
            self.stdout.write(FORMATS[options["format"]](board), ending="")
        else:
            self.stdout.write(as_text(board, left_out(filters)))


def as_text(board: dict[str, Any], left_out: Sequence[str] = ()) -> str:
    """The board for a terminal: two tables, and below them the reasons for every dash."""
    shown = make_table(board)
    lines = [
        f"{board['title']} ({board['study']}), {board['criterion']}: {board['question']}",
        _counts(board),
        *textwrap.wrap(f"Left out: {'; '.join(left_out)}." if left_out else "", WIDTH),
        "",
        _grid(shown, 0, VOTE_COLUMNS),
        "",
        _grid(shown, VOTE_COLUMNS, len(shown.headers) - 1),
        "",
    ]
    for number, note in enumerate(shown.notes, start=1):
        lines += textwrap.wrap(f"[{number}] {note}", WIDTH, subsequent_indent="    ")
    for warning in board["warnings"]:
        lines += textwrap.wrap(f"Note: {warning}", WIDTH, subsequent_indent="      ")
    method = f"{board['method']}. {board['resamples']:,} resamples, seed {board['seed']}."
    lines += ["", *textwrap.wrap(method, WIDTH), f"Fingerprint {board['fingerprint']}"]
    return "\n".join(lines)


def _counts(board: dict[str, Any]) -> str:
    if helped := board.get("helped"):
        worth = f", worth {helped['effective_votes']:.0f} helped by judge {helped['judge']}" if board["votes"] else ""
        return f"{board['votes']} votes by {board['annotators']} annotators on {board['documents']} documents{worth}"
    if board.get("source"):
        return f"{board['votes']} verdicts of {board['source'].replace(':', ' ', 1)} on {board['documents']} documents"
    return f"{board['votes']} votes by {board['annotators']} annotators on {board['documents']} documents"


def _grid(shown: BoardTable, begin: int, end: int) -> str:
    header = ["System", *(header.label for header in shown.headers[1 + begin : 1 + end])]
    lines = [
        [
            _marked(row.system, row.note if begin == 0 else 0),
            *(_marked(cell.text, cell.note) for cell in row.cells[begin:end]),
        ]
        for row in shown.rows
    ]
    # As a row, the header makes a column no wider than its words; tabulate's own headers add two blanks.
    return tabulate(
        [header, SEPARATING_LINE, *lines],
        tablefmt=GRID,
        disable_numparse=True,
        colalign=["left", *["right"] * (end - begin)],
    )


def _marked(text: str, note: int) -> str:
    return f"{text} [{note}]" if note else text
