"""The leaderboard in a real browser: it follows the votes, and sorts without asking the server."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.browser.rating import join, press_until_next_pair, rated
from tests.factories import UserFactory, make_study
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
    expect(board.locator("svg.forest .forest-point")).to_have_count(3)
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
