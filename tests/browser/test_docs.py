"""The docs in a browser, under the site's policy: read, searched without a network, and found from the site."""

import re

import pytest
from playwright.sync_api import expect

from evalsite.web import handbook
from tools.docs.__main__ import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    place = tmp_path_factory.mktemp("docs") / "built"
    build("stamp", place)
    return place


@pytest.fixture
def docs(settings, built):
    settings.DOCS_DIR = built
    handbook._built.cache_clear()
    yield
    handbook._built.cache_clear()


def test_the_search_finds_a_section(docs, new_page):
    page = new_page()
    page.goto("/docs/")
    page.get_by_role("button", name="Search").click()
    page.locator("input[aria-label='Search']").fill("too few to say")
    page.get_by_role("option", name="Too few to say").first.click()
    expect(page).to_have_url(re.compile(r"/docs/boards/.*#too-few-to-say$"))


@pytest.mark.parametrize("size", [{"width": 1366, "height": 650}, {"width": 375, "height": 740}])
def test_pages_fit_the_screen(docs, new_page, size):
    page = new_page(viewport=size)
    for address in ("/docs/tutorial/", "/docs/adapters/", "/docs/statistics/"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_first_page_leads_to_the_docs(docs, new_page):
    page = new_page()
    page.goto("/")
    page.get_by_role("link", name="Docs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Punchweight¶")
