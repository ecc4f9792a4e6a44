"""The leaderboard in a real browser: it follows the votes, and sorts without asking the server."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.browser.rating import join, press_until_next_pair, rated
from tests.factories import UserFactory, make_study
from tests.leaderboards.compared import make_compared_study
from tests.leaderboards.helpers import make_rated_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_board(new_page, live_server):
    return lambda study: _open_board(new_page(), live_server.url, study)


def _open_board(page, url, study):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page.goto(f"/boards/{study.slug}/")
    return page


def count_of(page, what):
    return page.locator(".board-counts > div", has_text=what).locator("dd")


def column(page, heading):
    index = page.locator("table.board thead th").all_inner_texts().index(heading)
    return [row.locator("th, td").nth(index).inner_text() for row in page.locator("table.board tbody tr").all()]


def test_the_board_changes_with_the_votes_of_a_person(new_page, open_board):
    study = make_study(systems=3, documents=4)
    board = open_board(study)
    expect(count_of(board, "Votes")).to_have_text("0")
    expect(board.locator(".empty")).to_contain_text("No votes yet")
    before = column(board, "Votes")
    rating = join(new_page(), study)
    for number in range(5):
        press_until_next_pair(rating, "1")
        if number == 2:
            rating.reload()
        rated(rating, number + 1)
    board.reload()
    expect(count_of(board, "Votes")).to_have_text("5")
    # One person's five votes are too few for ratings; the table counts them.
    expect(board.locator(".empty")).to_contain_text("Too few to say: 5 votes of at least 20")
    expect(board.locator("svg.forest")).to_have_count(0)
    after = column(board, "Votes")
    assert sum(int(votes) for votes in after) == 10  # each vote is about two systems
    assert after != before


def test_a_heading_sorts_the_table_in_place(open_board):
    page = open_board(make_rated_study(systems=4, documents=2, prefer=1))
    loaded = []
    page.on("load", lambda _: loaded.append(1))
    by_name = sorted(column(page, "System"))
    page.get_by_role("link", name="System", exact=True).click()
    assert column(page, "System") == by_name
    expect(page.locator("th[data-key=system]")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="System", exact=True).click()
    assert column(page, "System") == by_name[::-1]
    assert page.url.endswith("sort=-system")
    assert loaded == []
    page.reload()
    assert column(page, "System") == by_name[::-1]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_the_board_begins_with_the_answer_and_draws_it_against_the_margin(new_page, live_server, width, scheme):
    study = make_compared_study(slug="answer", documents=6, annotators=4, noninferiority_margin=0.05)
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    _open_board(page, live_server.url, study)
    answer = page.locator(".verdict")
    expect(answer.locator(".verdict-heading")).to_have_text("Not decided yet")
    expect(answer.locator(".verdict-sentence")).to_contain_text("good enough means surely at least 45")
    picture = page.locator("svg.verdict-picture")
    boxes = {
        name: picture.locator(f".verdict-{name}").first.bounding_box()
        for name in ("interval", "least", "point", "half")
    }
    assert boxes["interval"]["x"] < boxes["least"]["x"] < boxes["half"]["x"]
    assert boxes["interval"]["x"] < boxes["point"]["x"] < boxes["interval"]["x"] + boxes["interval"]["width"]
    # Words of the picture stay on the page, whatever its width.
    for text in picture.locator("text").all():
        box = text.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator(".verdict-gains dd").first).to_contain_text("smaller")
    page.get_by_role("link", name="Other pairs, and the numbers behind this").click()
    expect(page.locator(".verdict-heading")).to_have_text("Not decided yet")
