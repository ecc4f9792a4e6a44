"""Trust and human + automatic in a real browser: readable by axe's rules on desk and phone, without any script."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from leaderboards.boards.analysis import inputs, metrics, robustness
from tests.browser.test_accessibility import SCREENS, violations
from tests.factories import UserFactory
from tests.leaderboards.analysed import make_scored_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Nothing here is about how many are drawn."""
    monkeypatch.setattr(inputs, "RESAMPLES", 100)
    monkeypatch.setattr(metrics, "LEAST_RESAMPLES", 50)
    monkeypatch.setattr(metrics, "RESAMPLES", 50)
    # However many votes it takes: here some set is always found.
    monkeypatch.setattr(robustness, "MOST", 1.0)


@pytest.fixture
def logged_in(new_page, live_server):
    def open_page(**options):
        page = new_page(**options)
        client = Client()
        client.force_login(UserFactory(is_staff=True))
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return page

    return open_page


@pytest.mark.parametrize("screen", SCREENS)
def test_pages_break_no_serious_rule_and_fit_the_screen(logged_in, screen):
    study = make_scored_study(documents=5, unvoted=6)
    page = logged_in(bypass_csp=True, **screen)
    for address in ("trust/", "trust/votes/", "combined/"):
        page.goto(f"/boards/{study.slug}/{address}")
        assert (address, violations(page)) == (address, {})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_from_an_answer_to_its_votes_and_from_weights_to_an_index_without_script(logged_in):
    study = make_scored_study(documents=5, unvoted=6)
    page = logged_in(java_script_enabled=False)
    page.goto(f"/boards/{study.slug}/trust/")
    page.get_by_role("link", name="Read").first.click()
    expect(page.get_by_role("heading", level=1, name="The votes that decide the result")).to_be_visible()
    expect(page.locator(".two-texts").first).to_be_visible()
    page.get_by_role("link", name="Back to trust").click()
    page.get_by_role("link", name="At equal length").click()
    expect(page.get_by_role("columnheader", name="Rating at equal length")).to_be_visible()
    page.get_by_role("link", name="Human + automatic").click()
    page.get_by_label("ROUGE-1").fill("3")
    page.get_by_role("button", name="Apply").click()
    assert "w_rouge1=3" in page.url
    expect(page.get_by_label("ROUGE-1")).to_have_value("3")
