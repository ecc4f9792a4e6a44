"""Charts in a real browser: run under the strict security policy, in light and dark, readable with no script at all."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from leaderboards.presentation.charts.script import make_script
from tests.browser.test_accessibility import SCREENS, violations
from tests.factories import UserFactory
from tests.leaderboards.compared import make_compared_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = {"small-versus-large/": 1, "planning/?stopping=1": 1, "figures/": 3}


@pytest.fixture
def study():
    make_script()  # takes longer than a page may
    return make_compared_study(
        slug="meetings", title="Meeting summaries", documents=3, annotators=3, noninferiority_margin=0.05
    )


@pytest.fixture
def open_results(new_page, live_server):
    def open_page(address, **options):
        client = Client()
        client.force_login(UserFactory(is_staff=True))
        page = new_page(**options)
        page.context.set_default_timeout(60_000)
        session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
        page.context.add_cookies([session | {"url": live_server.url}])
        page.goto(f"/boards/meetings/{address}")
        return page

    return open_page


def wait_for_charts(page, number):
    """Each is drawn when it comes into sight."""
    figures = page.locator("figure[data-spec]")
    expect(figures).to_have_count(number)
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".chart-live svg")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("address", PAGES)
def test_charts_run_under_the_security_policy_and_fit_a_phone(study, open_results, address):
    # The fixture `complaints` fails this test if the console says a word, such as of a refused script or style.
    page = open_results(address, viewport={"width": 360, "height": 740})
    wait_for_charts(page, PAGES[address])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("picture").first).to_be_hidden()


@pytest.mark.parametrize("screen", SCREENS[:1])
def test_small_versus_large_breaks_no_rule_of_accessibility(study, open_results, screen):
    page = open_results("small-versus-large/", bypass_csp=True, **screen)
    wait_for_charts(page, 1)
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert violations(page) == {}


def test_without_scripts_there_are_pictures_tables_and_files(study, open_results):
    page = open_results("figures/", java_script_enabled=False, viewport={"width": 1280, "height": 860})
    pictures = page.locator("figure picture img")
    expect(pictures).to_have_count(3)
    for picture in pictures.all():
        assert picture.bounding_box()["width"] > 300
        assert "mixtral-8x7b" in picture.get_attribute("alt") or "votes" in picture.get_attribute("alt")
    page.get_by_text("Data of this figure").first.click()
    expect(page.locator("figure").first.get_by_role("row", name="mixtral-8x7b")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value(re.compile("^We compared 8 systems"))


def test_a_file_is_saved_under_a_sensible_name(study, open_results):
    page = open_results("small-versus-large/?cost=seconds")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").click()
    assert waiting.value.suggested_filename == "meetings-overall-pareto-rating-seconds.pdf"


def test_the_methods_paragraph_can_be_copied(study, open_results):
    page = open_results("figures/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the LaTeX").click()
    expect(page.locator("[data-copied]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("% meetings, overall, fingerprint ")
