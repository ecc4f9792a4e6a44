"""The first visit: who logs in to a fresh site reads a verdict, and one click further its picture and what is gained."""

import pytest
from playwright.sync_api import expect

from evalsite.example.study import load_example
from leaderboards.presentation.study_verdict import study_verdict
from tests.accounts.helpers import PASSWORD, account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LAPTOP = {"viewport": {"width": 1366, "height": 650}}
IN_SIGHT = (
    "element => { const box = element.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"
)


def in_sight(locator):
    """Whether it is on the screen before anybody scrolls."""
    return locator.evaluate(IN_SIGHT)


@pytest.mark.parametrize(
    ("locale", "answer", "simulated"), [("en", "Good enough", "Simulated votes."), ("zh-CN", "足够好", "模拟投票。")]
)
def test_from_the_login_to_the_verdict_its_picture_and_gains(new_page, locale, answer, simulated):
    owner = account("administrator", username="admin")
    verdict = study_verdict(load_example(owner))  # as `make run` begins
    page = new_page(**LAPTOP, locale=locale)
    page.goto("/login/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    row = page.locator("tr.continued")
    expect(row).to_contain_text(verdict.small)
    expect(row).to_contain_text(answer)
    assert in_sight(row)
    page.locator("tr", has=page.locator("a[href='/studies/example/']")).locator("a[href^='/boards/']").click()
    expect(page.locator(".simulated")).to_contain_text(simulated)
    expect(page.locator(".verdict-heading")).to_have_text(answer)
    gains = page.locator(".verdict-gains dd")
    expect(gains).to_have_count(4)
    for shown in (page.locator(".verdict-heading"), page.locator(".verdict-picture"), *gains.all()):
        assert in_sight(shown)
    expect(gains.first).to_contain_text("90")
