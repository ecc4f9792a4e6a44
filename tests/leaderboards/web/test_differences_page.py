"""The page of differences: every pair, in the order of the board, with what it may not say."""

import csv
import io
import json
import re

import pytest
from django.core.management import call_command

from leaderboards.presentation.board_details import difference_rows
from leaderboards.presentation.enough import in_numbers
from leaderboards.snapshots.boards import get_board
from models_runner.models import System
from tests.factories import AnnotatorFactory
from tests.leaderboards.compared import make_compared_study
from tests.leaderboards.helpers import vote
from tests.people import researcher

# Pages of a board that tests/leaderboards/data reads on both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGE = "/boards/meetings/differences/"


@pytest.fixture
def study():
    made = make_compared_study(slug="meetings", documents=6, annotators=4)
    # The board links to systems, whose addresses have no dots.
    System.objects.filter(slug="tinyllama-1.1b-ft").update(slug="tinyllama-ft")
    return made


def rows_of(html):
    body = html[html.index('<table class="differences">') :]
    rows = re.findall(r"<tr>(.*?)</tr>", body[body.index("<tbody>") : body.index("</tbody>")], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def test_every_pair_with_its_interval_and_its_word(study):
    board = get_board(study, study.criteria.get())
    html = researcher().get(PAGE).content.decode()
    rows = rows_of(html)
    assert len(rows) == 28 == len(board["differences"]["pairs"])
    for row, pair in zip(rows, board["differences"]["pairs"], strict=True):
        assert row[:2] == [pair["better"], pair["worse"]]
        assert row[2] == f"{pair['gap']:.0f}".replace("-0", "0")
        assert row[4] == {"differ": "they differ", "not told apart": "not told apart"}[pair["told"]]
    assert {row[4] for row in rows} == {"they differ", "not told apart"}
    # A picture first, with its data as a table below it, for those who do not see it.
    assert html.index("differences.svg") < html.index('<table class="differences">')
    assert "of 28 pairs differ." in html


def test_the_board_leads_there_and_the_files_have_the_same_numbers(study, capsys):
    client = researcher()
    assert PAGE in client.get("/boards/meetings/").content.decode()
    answer = client.get("/boards/meetings/figures/differences.csv")
    table = list(csv.DictReader(io.StringIO(answer.content.decode())))
    pairs = client.get("/boards/meetings/board.json").json()["differences"]["pairs"]
    assert [(row["System"], row["Against"], float(row["Gap"]), float(row["Lower"])) for row in table] == [
        (pair["better"], pair["worse"], pytest.approx(pair["gap"]), pytest.approx(pair["lower"])) for pair in pairs
    ]
    call_command("leaderboard", "meetings", "--format", "json")
    assert json.loads(capsys.readouterr().out)["differences"]["pairs"] == pairs
    spec = client.get("/boards/meetings/figures/differences.json").json()
    assert len(spec["data"]["values"]) == 56


def test_nothing_is_said_of_a_system_with_too_few_votes():
    made = make_compared_study(slug="meetings", documents=6, annotators=2)
    rows = difference_rows(get_board(made, made.criteria.get()))
    assert {(row.gap, row.interval, row.told) for row in rows} == {("—", "—", "too few to say")}
    assert all("annotators of at least 3" in row.reason for row in rows)
    html = researcher().get(PAGE).content.decode()
    assert "0 of 28 pairs differ." in html


def test_without_votes_the_page_says_so():
    made = make_compared_study(slug="meetings", documents=2, annotators=0)
    assert get_board(made, made.criteria.get())["differences"]["pairs"] == []
    assert "No votes on two systems yet." in researcher().get(PAGE).content.decode()


def test_it_is_in_chinese(study):
    html = researcher().get(PAGE, headers={"accept-language": "zh-hans"}).content.decode()
    assert "哪些系统有差异" in html and "无法区分" in html
    assert not re.search(r"they differ|not told apart|pairs differ", html)


def test_a_question_with_one_vote_says_nothing_of_anybody():
    made = make_compared_study(slug="meetings", documents=2, annotators=0)
    vote(made.comparisons.first(), AnnotatorFactory(study=made), "a")
    pairs = in_numbers(get_board(made, made.criteria.get()))["differences"]["pairs"]
    assert [pair["told"] for pair in pairs] == ["too few"]
