"""The board as CSV, LaTeX and Markdown: the numbers of the board, and text that means itself in each."""

import csv
import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from leaderboards.management.commands.leaderboard import as_text
from leaderboards.presentation.board_table import make_table
from leaderboards.presentation.tables import as_csv, as_latex, as_markdown
from models_runner.models import System
from stats.ratings.estimates import NO_LIMIT
from tests.leaderboards.helpers import build_board, make_rated_study

# How a board is drawn and written; what it holds comes from both engines in test_boards.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
TABLES = Path(__file__).parent / "tables"


@pytest.fixture
def board():
    study = make_rated_study(systems=3, documents=4, annotators=3)
    System.objects.filter(pk=study.systems.first().pk).update(name="=1+1")
    return build_board(study, study.criteria.first())


def test_csv_holds_every_digit_of_the_board(board):
    rows = list(csv.DictReader(io.StringIO(as_csv(board))))
    assert [row["system"] for row in rows] == [line["system"] for line in board["systems"]]
    for row, line in zip(rows, board["systems"], strict=True):
        assert float(row["rating"]) == line["rating"]
        if line["win_rate"] == 1:
            assert (row["rating_lower"], row["rating_upper"], row["iid_upper"]) == ("", "", "")
            assert f"rating_lower: {NO_LIMIT}" in row["notes"]
        else:
            assert float(row["rating_upper"]) == line["rating_upper"]
        assert int(row["votes"]) == line["votes"]
        assert row["rouge1"] == ""
        assert "rouge1: not scored yet" in row["notes"]
    assert [row["too_few"] for row in rows] == [line["too_few"] for line in board["systems"]]
    assert {row["name"] for row in rows if row["name"].endswith("=1+1")} == {"'=1+1"}


def test_markdown_has_the_cells_of_the_page(board):
    lines = as_markdown(board).splitlines()
    shown = make_table(board)
    marked = [f"{cell.text} [{cell.note}]" if cell.note else cell.text for cell in (row.cells[1] for row in shown.rows)]
    grid = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[: 2 + len(shown.rows)]]
    assert len({len(row) for row in grid}) == 1
    assert grid[0] == [header.label for header in shown.headers]
    assert [row[2] for row in grid[2:]] == marked
    assert lines[-len(shown.notes) :] == [f"{n}. {note}" for n, note in enumerate(shown.notes, start=1)]


def test_latex_is_a_booktabs_table_with_as_many_cells_in_every_row(board):
    text = as_latex(board)
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert len(rows) == 4
    columns = len(re.search(r"begin\{tabular\}\{(l(r+))\}", text)[1])
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {columns}
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(f"\\{rule}") == 1
    assert "---$^{" in text  # undefined, with a note


def test_what_latex_and_markdown_would_obey_is_text(board):
    board["systems"][0]["system"] = r"a_b & 50% | \x {y} ~ ^ # $"
    assert r"a\_b \& 50\% | \textbackslash{}x \{y\} \textasciitilde{} \textasciicircum{} \# \$" in as_latex(board)
    assert r"| a\_b & 50% \| \\x {y}" in as_markdown(board)


@pytest.mark.parametrize("name", ["csv", "latex", "markdown"])
def test_the_command_prints_each(name, capsys):
    study = make_rated_study(systems=2, documents=2)
    call_command("leaderboard", study.slug, format=name)
    write = {"csv": as_csv, "latex": as_latex, "markdown": as_markdown}[name]
    assert capsys.readouterr().out.splitlines() == write(build_board(study, study.criteria.first())).splitlines()


@pytest.mark.parametrize(
    ("ending", "kind"), [("csv", "text/csv"), ("tex", "application/x-tex"), ("md", "text/markdown")]
)
def test_the_page_offers_each_as_a_file(client, admin_user, ending, kind):
    study = make_rated_study(systems=2, documents=2)
    client.force_login(admin_user)
    answer = client.get(f"/boards/{study.slug}/board.{ending}?criterion=overall")
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{study.slug}-overall.{ending}"'
    assert f"board.{ending}?criterion=overall" in client.get(f"/boards/{study.slug}/").content.decode()
    assert client.get(f"/boards/{study.slug}/board.docx").json()["error"]["code"] == "unknown_format"


def line(system, **values):
    """A line of a board with everything undefined but the values."""
    undefined = (
        *("rank", "rating", "rating_lower", "rating_upper", "win_rate", "both_bad_rate", "rouge1", "rouge2", "rougeL"),
        *("rougeLsum", "bertscore_f1", "words", "seconds", "parameters", "part", "rank_best", "rank_worst"),
    )
    counts = ("votes", "summaries", "cut_inputs", "cut_outputs", "empty_outputs", "dropped_tokens")
    named = {"system": system, "name": system, "regime": "", "size_class": "", "reasons": {}}
    return named | dict.fromkeys(undefined) | dict.fromkeys(counts, 0) | values


@pytest.fixture
def kept_board():
    """Values of every width, notes, and names that a table writer could take for something else."""
    small = {"rank": 1, "rating": 1049.6, "rating_lower": 1010.2, "rating_upper": 1090.9, "votes": 12_345, "part": 0}
    small |= {"rank_best": 1, "rank_worst": 2}
    big = {"rank": 2, "rating": 950.4, "rating_lower": 909.1, "rating_upper": 989.8, "votes": 7, "part": 0}
    big |= {"rank_best": 2, "rank_worst": 2}
    cut = {"summaries": 1_200, "cut_inputs": 3, "dropped_tokens": 4_321}
    lines = [
        line("small_a", **small, win_rate=0.615, both_bad_rate=0, rouge1=0.25, words=101.4, seconds=9.987, **cut),
        line("True", **big, win_rate=1, parameters=134_515_008, seconds=12.6, reasons={"rouge1": "not scored & late"}),
        line("1e5", reasons={"rating": "no votes yet", "rating_lower": "no votes yet"}),
        line("", bertscore_f1=-0.1),
    ]
    about = {"title": "Minutes", "study": "minutes", "criterion": "overall", "question": "Which?", "documents": 5}
    return about | {
        "fingerprint": "f00d", "systems": lines, "votes": 12_352, "annotators": 4, "warnings": ["few"],
        "method": "Bradley-Terry", "resamples": 1000, "seed": 3,
    }  # fmt: skip


WRITERS = {"tex": as_latex, "md": as_markdown, "txt": as_text}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("name", ["filled", "empty"])
def test_tables_are_those_that_were_kept_byte_for_byte(kept_board, name, ending):
    """Papers and scripts take in these files."""
    if name == "empty":
        kept_board["systems"] = []
    assert WRITERS[ending](kept_board).encode() == (TABLES / f"{name}.{ending}").read_bytes()
