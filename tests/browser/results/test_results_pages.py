"""Every page of results on a desk and on a phone: nothing runs off the side, and all of it is reached by keyboard."""

from itertools import combinations

import pytest
from django.conf import settings
from django.test import Client

from leaderboards.presentation.charts.script import make_script
from leaderboards.releases.publishing import Draft, create_draft, write_files
from tests.factories import UserFactory
from tests.leaderboards.compared import make_compared_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "",
    "report/",
    "sharing/",
    "small-versus-large/",
    "errors/",
    "trust/",
    "trust/votes/",
    "combined/",
    "planning/?stopping=1",
    "figures/",
    "wins/",
    "releases/",
    "exports/",
)
DESK, TABLET = {"width": 1280, "height": 860}, {"width": 768, "height": 1024}
PHONE = {"width": 360, "height": 740}

# Boxes that hold more than they show, and that no key can scroll.
OUT_OF_REACH = """
[...document.querySelectorAll('main *')].filter(
  (box) => box.scrollWidth > box.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX)
    && box.tabIndex < 0
).map((box) => box.outerHTML.slice(0, 120))
"""
FOCUSED = """
() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return { name: at.outerHTML.slice(0, 120), body: at === document.body, seen };
}
"""


@pytest.fixture
def study():
    make_script()  # takes longer than a page may
    return make_compared_study(
        slug="meetings", title="Meeting summaries", documents=3, annotators=3, noninferiority_margin=0.05
    )


@pytest.fixture
def open_results(new_page, live_server):
    def open_page(**options):
        client = Client()
        client.force_login(UserFactory(is_staff=True))
        page = new_page(**options)
        page.context.set_default_timeout(60_000)
        session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
        page.context.add_cookies([session | {"url": live_server.url}])
        return page

    return open_page


def load(page, address):
    """With all that can be opened open, and every chart drawn."""
    assert page.goto(f"/boards/meetings/{address}").status == 200
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for figure in page.locator("figure[data-spec]").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".chart-live svg").wait_for()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_scrolls_sideways(study, open_results, viewport):
    page = open_results(viewport=viewport)
    for address in PAGES:
        load(page, address)
        assert (address, page.evaluate("document.documentElement.scrollWidth")) == (address, viewport["width"])


def test_the_card_of_a_release_fits_a_phone(study, open_results, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    release = write_files(create_draft(study, Draft(name="Meeting ratings"), None))
    page = open_results(viewport=PHONE)
    page.goto(release.get_absolute_url())
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    card = page.locator(".prose")
    assert card.locator("table").count() == 2
    assert card.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0


def test_the_table_of_a_board_fits_a_desk(study, open_results):
    page = open_results(viewport=DESK)
    load(page, "")
    box = page.locator(".table-scroll", has=page.locator("table.board"))
    assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0


@pytest.mark.parametrize("viewport", [TABLET, PHONE], ids=["tablet", "phone"])
def test_each_figure_of_a_board_is_named_where_it_has_no_columns(study, open_results, viewport):
    page = open_results(viewport=viewport)
    load(page, "")
    box = page.locator(".table-scroll", has=page.locator("table.board"))
    assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0
    headings = [one.text_content().strip() for one in box.locator("thead th:not(:first-child)").all()]
    row = box.get_by_role("row", name="mixtral-8x7b").first
    assert [cell.get_attribute("data-label") for cell in row.locator("td").all()] == headings
    label = row.locator("td").first.evaluate("(cell) => getComputedStyle(cell, '::before').content")
    assert headings[0] in label
    votes = box.get_by_role("columnheader", name="Votes")
    votes.get_by_role("link").click()
    assert votes.get_attribute("aria-sort") == "descending"


def test_names_stay_in_sight_on_a_phone(study, open_results):
    page = open_results(viewport=PHONE)
    load(page, "wins/")
    box = page.locator(".table-scroll", has=page.locator("table.wins"))
    name = box.get_by_role("rowheader", name="mixtral-8x7b").first
    before = name.bounding_box()["x"]
    assert box.evaluate("(box) => (box.scrollLeft = 200) && box.scrollLeft") == 200
    assert name.bounding_box()["x"] == before


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_names_in_the_pareto_figure_hide_neither_names_nor_points(study, open_results, viewport):
    page = open_results(viewport=viewport)
    load(page, "small-versus-large/")
    drawn = page.locator(".chart-live svg")
    names = {one.text_content(): one.bounding_box() for one in drawn.locator(".mark-text.role-mark text").all()}
    points = [around(one.bounding_box()) for one in drawn.locator(".mark-symbol.role-mark path").all()]
    assert {"flan-t5-large-ft", "mixtral-8x7b", "lead-3: no cost"} <= set(names)
    assert len(points) >= 7
    for (name, box), (other, beside) in combinations(names.items(), 2):
        assert not overlap(box, beside), (name, other)
    for name, box in names.items():
        assert not any(overlap(box, point) for point in points), name


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_numbers_beside_dots_hide_nothing(study, open_results, viewport):
    page = open_results(viewport=viewport)
    load(page, "trust/")
    plot = page.locator("svg.scatter")
    numbers = [one.bounding_box() for one in plot.locator(".scatter-number").all()]
    dots = [one.bounding_box() for one in plot.locator(".scatter-dot").all()]
    assert len(numbers) == len(dots) == 8
    # The box of a number counts the ground around its digits, 1.5 pixels on each side, and the line's height.
    assert [pair for pair in combinations(numbers, 2) if overlap(*pair, by=5)] == []
    assert [(number, dot) for number in numbers for dot in dots if overlap(number, dot, by=5)] == []


def around(box, *, side=14):
    """A point and its outline. The browser's own box of an outline has room for corners that a point does not have."""
    x, y = (box[at] + (box[length] - side) / 2 for at, length in (("x", "width"), ("y", "height")))
    return {"x": x, "y": y, "width": side, "height": side}


def overlap(one, other, *, by=2):
    """By more than the air around letters."""
    return all(
        min(one[at] + one[length], other[at] + other[length]) - max(one[at], other[at]) > by
        for at, length in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_everything_is_reached_and_seen_by_keyboard(study, open_results, viewport):
    page = open_results(viewport=viewport)
    for address in PAGES:
        load(page, address)
        assert (address, page.evaluate(OUT_OF_REACH)) == (address, [])
        page.evaluate("scrollTo(0, 0)")
        stops = []
        for _ in range(200):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUSED)
            if at["body"]:
                break
            stops.append(at)
        assert len(stops) > 10
        assert [stop["name"] for stop in stops if not stop["seen"]] == [], address
