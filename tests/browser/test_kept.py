"""A page that another test used is as if nobody had been there."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.kept import SMALL, KeptPages, Listeners

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STORE = "localStorage.setItem('left', '1'); sessionStorage.setItem('left', '1'); document.cookie = 'left=1'"
LEFT = "[localStorage.length, sessionStorage.length, document.cookie, innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"


@pytest.fixture
def kept(chromium, live_server):
    kept = KeptPages(chromium, live_server.url, TIMEOUT_MS)
    yield kept
    kept.close()


def used(kept, **options):
    page = kept.take(options)
    page.goto(SMALL)
    return page


def test_nothing_is_left_on_a_page(kept):
    page, asked = used(kept, viewport={"width": 400, "height": 700}, color_scheme="dark"), []
    listeners = Listeners(page)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(STORE)
    page.route("**/*", lambda route: route.fulfill(body="routed"))
    page.emulate_media(media="print")
    page.context.new_page()
    listeners.remove_new()
    kept.give_back(page, {"viewport": {"width": 400, "height": 700}, "color_scheme": "dark"})
    before = len(asked)
    again = kept.take({})
    assert again is page
    again.goto(SMALL)
    assert again.evaluate(LEFT) == [0, 0, "", 1280, False]
    assert not again.evaluate("matchMedia('print').matches")
    expect(again.get_by_text("routed")).to_have_count(0)
    assert again.context.pages == [again]
    assert len(asked) == before


def hold_time(page):
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))


SPOILED = {
    "clock": hold_time,
    "offline": lambda page: page.context.set_offline(True),
    "closed": lambda page: page.close(),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_page_that_cannot_be_as_it_was_is_not_kept(kept, how):
    page = used(kept)
    SPOILED[how](page)
    kept.give_back(page, {})
    assert kept.take({}) is not page


def test_pages_of_other_options_are_others(kept):
    page = used(kept, locale="zh-CN")
    kept.give_back(page, {"locale": "zh-CN"})
    other = used(kept)
    assert other is not page
    kept.give_back(other, {})
    assert kept.take({"locale": "zh-CN"}) is page
