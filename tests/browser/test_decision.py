"""The whole way of a new user, in the browser alone: own meetings, two systems, a study, three people, verdict, report, link."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from annotations.models import Comparison
from models_runner.models import Document
from tests.browser.rating import start_by_keyboard, takes_answers, token
from tests.browser.test_doors import fits, import_meeting, make_system, start_run
from tests.factories import UserFactory
from tests.servers.endpoint import always, completion, endpoint
from tools.tutorial_pictures import MEETINGS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BETTER = "The hall opens on Monday."
DESK = {"viewport": {"width": 1366, "height": 650}}
RATERS = {
    "by keyboard": DESK | {"locale": "en-GB"},
    "on a phone, dark": {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark", "locale": "en-GB"},
    "in Chinese": DESK | {"locale": "zh-CN"},
}


@pytest.fixture
def owner(new_page, live_server):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    page = new_page(accept_downloads=True, **DESK)
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([session | {"url": live_server.url}])
    return page


def test_from_own_meetings_to_a_report_that_is_shared(owner, new_page, complaints):
    with endpoint(always(200, completion(BETTER)), models=["big"]) as server:
        import_meeting(owner)
        import_files(owner)
        make_system(owner, server, "far")
        start_run(owner, "far")
        expect(owner.locator("#run-summaries")).to_contain_text(BETTER)
    start_run(owner, "lead-3")
    owner.goto(Document.objects.get(external_id="opening").get_absolute_url())
    both_texts(owner)
    invitation = make_study(owner)
    owner.goto(f"/studies/which-one/pairs/{Comparison.objects.get(document__external_id='opening').pk}/")
    both_texts(owner)
    for number, options in enumerate(RATERS.values()):
        rate(new_page(**options), invitation, otherwise=number)
    read_the_verdict(owner)
    link = share_the_report(owner)
    read_without_account(new_page(), link)
    assert complaints == []


def import_files(page):
    """Six meetings more; of 7 documents with 3 people each, a board says something."""
    page.goto("/import-meetings/")
    page.locator("[type=file]").set_input_files(sorted(MEETINGS.iterdir())[:6])
    page.get_by_label("Dataset").fill("hall")
    page.get_by_role("button", name="Show what is in it").click()
    page.get_by_role("button", name="Import 6 documents").click()
    expect(page.get_by_role("link", name="06-choir-concert")).to_be_visible()


def both_texts(page):
    """Side by side, in a window that holds the page."""
    expect(page.get_by_text(BETTER)).to_be_visible()
    expect(page.get_by_text("We open the hall on Monday.").last).to_be_visible()
    fits(page)


def make_study(page):
    """In the four steps; returns the link for people who rate."""
    page.goto("/studies/")
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Title").fill("Which one?")
    page.get_by_label("Dataset").select_option("hall")
    page.get_by_role("button", name="Next: Who").click()
    for slug in ("far", "lead-3"):
        page.get_by_role("checkbox", name=slug, exact=True).check()
    page.get_by_label("Small system").select_option("far")
    page.get_by_label("Large system").select_option("lead-3")
    page.get_by_role("button", name="Next: How").click()
    page.get_by_role("button", name="Next: When").click()
    page.get_by_label("Votes per comparison").fill("3")
    expect(page.locator("#forecast")).to_contain_text("7 documents")
    expect(page.locator("[data-live]")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Create and open").click()
    expect(page.get_by_role("heading", name="Which one?")).to_be_visible()
    return page.get_by_label("Open link").input_value()


def rate(page, invitation, *, otherwise):
    """Prefer the endpoint's text in every pair but one, wherever it stands."""
    start_by_keyboard(page, invitation)
    for number in range(7):
        takes_answers(page)
        shown = token(page)
        side = page.locator(".summary-text").all_inner_texts().index(BETTER)
        page.keyboard.press("13"[side != (number == otherwise)])
        expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    expect(page.locator("[data-rated]")).to_have_text("7")


def read_the_verdict(page):
    page.goto("/studies/which-one/")
    page.get_by_role("link", name="Leaderboard").first.click()
    expect(page.locator(".verdict-heading")).to_have_text("Good enough")
    expect(page.locator(".verdict-sentence")).to_contain_text("far is preferred in 86 % of comparisons with lead-3")


def share_the_report(page):
    page.goto("/studies/which-one/")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Leaderboard").first.click()
    page.get_by_role("link", name="Report").first.click()
    expect(page.locator(".verdict-heading")).to_have_text("Good enough")
    page.get_by_role("link", name="Share").click()
    page.get_by_label("For whom").fill("The hall's committee")
    page.get_by_label("Summaries in the report").first.check()
    page.get_by_role("button", name="Create link").click()
    return page.get_by_label("The new link").input_value()


def read_without_account(page, link):
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Is far good enough in place of lead-3?")
    expect(page.locator(".verdict-heading")).to_have_text("Good enough")
    expect(page.locator(".report-text").filter(has_text=BETTER).first).to_be_visible()
    assert page.context.cookies() == []
