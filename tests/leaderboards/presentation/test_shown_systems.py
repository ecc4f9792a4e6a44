"""A board of very many systems: pages of it, and how the others are found."""

import re

import pytest

from leaderboards.presentation import shown_systems as module
from leaderboards.presentation.analysis.words import on_told
from leaderboards.presentation.charts import forest, shown
from leaderboards.presentation.charts.forest import forest_chart
from leaderboards.presentation.shown_systems import shown_systems
from tests.leaderboards.helpers import build_board, make_rated_study, system_slugs
from tests.people import researcher

# What pages show of a board that is made.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


@pytest.fixture
def few_a_page(monkeypatch):
    monkeypatch.setattr(module, "ON_ONE_PAGE", 4)
    monkeypatch.setattr(module, "SYSTEMS_A_PAGE", 2)


@pytest.fixture
def study():
    return make_rated_study(systems=5, documents=4, annotators=3, slug="many")


def test_a_page_holds_a_few_in_the_order_asked_for(few_a_page, study):
    board = build_board(study, study.criteria.get())
    first, slugs = shown_systems(board, {"sort": "system"}), system_slugs(study)
    assert [row.system for row in first.table.rows] == slugs[:2]
    assert [row.label for plot in first.plots.values() for row in plot.rows] == sorted(
        slugs[:2], key=[line["system"] for line in board["systems"]].index
    )
    last = shown_systems(board, {"sort": "system", "page": "3"})
    assert [row.system for row in last.table.rows] == slugs[4:]
    assert shown_systems(board, {"page": "nonsense"}).page.number == 1


def test_others_are_found_by_a_part_of_their_name(few_a_page, study):
    slug = system_slugs(study)[3]
    found = shown_systems(build_board(study, study.criteria.get()), {"find": slug.upper()})
    assert [row.system for row in found.table.rows] == [slug]
    assert not shown_systems(build_board(study, study.criteria.get()), {"find": "nothing like it"}).table.rows


def test_all_are_on_one_page_while_they_are_not_many(study):
    whole = shown_systems(build_board(study, study.criteria.get()), {"find": "nothing like it", "page": "7"})
    assert len(whole.table.rows) == 5
    assert not whole.are_many


def test_parts_keep_their_titles_where_a_page_has_one_of_them(few_a_page, study):
    board = build_board(study, study.criteria.get())
    for line in board["systems"]:
        line["part"] = int(line["system"] == system_slugs(study)[4])
    of_one = shown_systems(board, {"find": system_slugs(study)[4]})
    assert [body.title for body in of_one.table.bodies] == ["Part 2, on a scale of its own"]


def test_the_page_leads_to_the_others(few_a_page, study):
    client = researcher()
    html = client.get("/boards/many/", {"sort": "system"}).content.decode()
    first, fifth = system_slugs(study)[0], system_slugs(study)[4]
    table = html.partition('<table class="board stacked">')[2].partition("</table>")[0]
    assert first in table
    assert fifth not in table
    assert "Systems 1 to 2 of 5; the board has 5." in text_of(client.get("/boards/many/"))
    assert "?sort=system&amp;page=2#systems" in html
    assert fifth in client.get("/boards/many/", {"sort": "system", "page": "3"}).content.decode()
    assert "No system has this in its name." in text_of(client.get("/boards/many/", {"find": "no such"}))


def rows_of(html, heading):
    """The slugs in the table of a section."""
    section = html.partition(f'aria-labelledby="{heading}"')[2].partition("</section>")[0]
    return re.findall(r'<th scope="row">([^<]+)</th>', section)


def test_tables_of_trust_are_cut_at_the_same_places(few_a_page, study):
    client = researcher()
    pages = [client.get("/boards/many/trust/", {"page": str(number)}).content.decode() for number in (1, 2, 3)]
    for heading, sizes in (("robustness", [2, 2, 1]), ("more", [2, 2, 0])):
        rows = [rows_of(html, heading) for html in pages]
        assert [len(page) for page in rows] == sizes
        assert len({row for page in rows for row in page}) == sum(sizes)
    assert "There are 5 systems." in text_of(client.get("/boards/many/trust/"))
    slug = system_slugs(study)[3]
    found = client.get("/boards/many/trust/", {"find": slug}).content.decode()
    assert rows_of(found, "robustness") == [slug]


def test_tables_of_the_combined_index_as_well(few_a_page, study):
    client = researcher()
    pages = [client.get("/boards/many/combined/", {"page": str(number)}).content.decode() for number in (1, 2, 3)]
    rows = [rows_of(html, "index") for html in pages]
    assert sorted(row for page in rows for row in page) == system_slugs(study)
    assert [len(page) for page in rows] == [2, 2, 1]
    assert "page=2#rows" in pages[0]


def test_neighbours_of_planning_and_their_bounds_as_well(few_a_page, study):
    pages = [researcher().get("/boards/many/planning/", {"page": n, "stopping": "1"}) for n in ("1", "2")]
    neighbours, bounds = (
        [rows_of(page.content.decode(), heading) for page in pages] for heading in ("neighbours", "stopping")
    )
    assert neighbours == bounds
    assert len({row for rows in neighbours for row in rows}) == 4


def test_trust_shows_all_rows_while_the_systems_are_not_many(study):
    html = researcher().get("/boards/many/trust/").content.decode()
    assert len(rows_of(html, "robustness")) == 5
    assert 'id="find"' not in html


def test_a_figure_draws_the_first_and_says_so(monkeypatch, study):
    board = build_board(study, study.criteria.get())
    assert "Drawn are" not in forest_chart(board).description
    monkeypatch.setattr(forest, "MOST_SYSTEMS", 2)
    chart = forest_chart(board)
    assert chart.description.startswith("Drawn are the first 2 of 5 systems.")
    assert len(chart.rows) == 5


def test_a_figures_table_is_cut_and_leads_to_the_file(monkeypatch, study):
    client = researcher()
    assert "all as CSV" not in client.get("/boards/many/figures/").content.decode()
    monkeypatch.setattr(shown, "MOST_ROWS", 3)
    text = text_of(client.get("/boards/many/figures/"))
    assert "And 2 more rows: all as CSV." in text


def test_a_sentence_names_ten_systems_at_most():
    names = [f"system-{n}" for n in range(12)]
    top = {"k": 1, "told": "open", "not_told_from": names}
    said = on_told(top)
    assert "system-9" in said
    assert "system-10" not in said
    assert "2 more than these systems" in said
