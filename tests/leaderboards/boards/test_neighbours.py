"""Votes needed to tell neighbours apart: the board, the page Planning and the page Trust give one number."""

import re

import pytest

from leaderboards.boards.analysis.analyse import compute_trust
from leaderboards.boards.build import make_board
from leaderboards.boards.planning import compute_planning
from leaderboards.data.inputs import gather_inputs
from models_runner.models import System
from tests.leaderboards.boards.test_hard_boards import CASES, disconnected
from tests.leaderboards.compared import make_compared_study
from tests.people import researcher

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("make", [*CASES, lambda: make_compared_study(slug="meetings", documents=4, annotators=3)])
def test_all_three_have_the_same_rows_whatever_the_seed(make):
    study = make()
    inputs = gather_inputs(study, study.criteria.get())
    of_board = make_board(inputs, seed=0)["neighbours"]
    assert compute_planning(inputs, seed=1)["neighbours"] == of_board
    assert compute_trust(inputs, seed=2)["votes_needed"]["neighbours"] == of_board


def cells(page):
    """Rows of the table below a heading or summary, as texts of cells."""
    html = researcher().get(f"/boards/meetings/{page}").content.decode()
    start = re.search(r"Votes still needed to tell|Telling neighbours apart|What would more votes show", html).end()
    body = html[html.index("<tbody>", start) : html.index("</tbody>", start)]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]


def test_all_three_pages_show_the_same_votes():
    make_compared_study(slug="meetings", documents=4, annotators=3)
    # The board links to systems, whose addresses have no dots.
    System.objects.filter(slug="tinyllama-1.1b-ft").update(slug="tinyllama-ft")
    on_board, planned, trusted = cells(""), cells("planning/"), cells("trust/")
    assert len(on_board) == len(planned) == len(trusted) == 7
    assert any("Ask again after" in row[4] for row in on_board)
    for board, plan, trust in zip(on_board, planned, trusted, strict=True):
        better, worse, gap, needed, said = board
        assert [plan[0], plan[1], plan[2], plan[4]] == [better, worse, gap, needed]
        assert trust == [f"{better} over {worse}", gap, needed, said]
        assert plan[5] == said


def test_votes_of_a_part_are_counted_by_themselves():
    study = disconnected()
    found = compute_planning(gather_inputs(study, study.criteria.get()), seed=0)
    assert {row["votes"] for row in found["neighbours"]} == {found["votes"] / 2}
