"""A link to the report: its owner makes it, a browser without an account reads the verdict, and it ends when revoked."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from leaderboards.presentation.study_verdict import study_verdict
from tests.browser.test_accessibility import violations
from tests.factories import UserFactory
from tests.leaderboards.shared import make_shown_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(new_page, live_server):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    page = new_page()
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([session | {"url": live_server.url}])
    return page


def test_a_link_to_the_report_from_making_to_revoking(owner, new_page, complaints):
    study = make_shown_study()
    verdict = study_verdict(study)
    owner.goto("/boards/meetings/report/")
    expect(owner.locator(".verdict-heading")).to_have_text(verdict.heading)
    owner.get_by_role("link", name="Share").click()
    owner.get_by_label("For whom").fill("The board")
    owner.get_by_label("Summaries in the report").first.check()
    owner.get_by_role("button", name="Create link").click()
    link = owner.get_by_label("The new link").input_value()

    reader = new_page(bypass_csp=True)  # axe is a script from elsewhere
    reader.goto(link)
    expect(reader.locator("h1")).to_have_text(f"Is {verdict.small} good enough in place of {verdict.large}?")
    expect(reader.locator(".verdict-sentence")).to_contain_text(verdict.sentence)
    expect(reader.locator(".report-text").first).not_to_be_empty()
    assert reader.locator("a").evaluate_all("all => all.map((a) => a.textContent)") == [
        "Skip to main content",
        "Download as PDF",
        "What does this mean?",
    ]
    assert violations(reader) == {}
    with reader.expect_download() as waiting:
        reader.get_by_role("link", name="Download as PDF").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    assert reader.context.cookies() == []
    reader.get_by_role("button", name="中文").click()
    expect(reader.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(reader.locator("h1")).to_contain_text(verdict.large)
    assert [cookie["name"] for cookie in reader.context.cookies()] == [settings.LANGUAGE_COOKIE_NAME]
    reader.get_by_role("button", name="English").click()
    expect(reader.locator("html")).to_have_attribute("lang", "en")

    owner.get_by_role("button", name="Revoke").click()
    expect(owner.locator(".message.success")).to_contain_text("The link is revoked")
    assert reader.reload().status == 410
    expect(reader.locator("main")).to_contain_text("This link was revoked.")
    assert all("410" in said for said in complaints)  # the browser notes the refusal, and nothing else
    complaints.clear()


def test_the_report_prints_on_two_pages_in_colours_for_paper(owner):
    make_shown_study(criteria=("overall", "fluency"))
    owner.emulate_media(color_scheme="dark", media="print")
    owner.goto("/boards/meetings/report/")
    expect(owner.get_by_role("button", name="Print")).to_be_hidden()
    expect(owner.get_by_role("link", name="Download as PDF")).to_be_hidden()
    paper = owner.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert owner.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 2


@pytest.mark.parametrize("name", ["", "trust/", "planning/"])
def test_other_results_print_in_colours_for_paper(owner, name):
    make_shown_study()
    owner.set_viewport_size({"width": 680, "height": 1000})  # A4 without its margins
    owner.emulate_media(color_scheme="dark", media="print")
    owner.goto(f"/boards/meetings/{name}")
    colours = owner.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    assert colours == ["rgb(255, 255, 255)", "rgb(24, 32, 44)"]
    expect(owner.locator(".page-nav").first).to_be_hidden()
    assert owner.evaluate("document.documentElement.scrollWidth") == 680
