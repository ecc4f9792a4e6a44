"""Training pairs in a real browser: answers are told afterwards, by keyboard and without scripts."""

import pytest
from playwright.sync_api import expect

from annotations.models import Assignment
from annotations.people.links import invitation_path
from tests.annotations.helpers import make_gold
from tests.browser.rating import (
    join,
    next_is_fetched_ahead,
    press_until_next_pair,
    rated,
    takes_answers,
    token,
)
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def trained():
    """Two training pairs come first; each expects the summary that is canonically a."""
    study = make_study(systems=3, documents=2)
    for comparison in study.comparisons.order_by("pk")[:2]:
        make_gold(comparison, purpose="training", explanation="{A} names the date.")
    return study


def key_of(page, outcome):
    left = Assignment.objects.get(token=token(page)).shown_left
    return {"a": "1" if left == "a" else "3", "b": "3" if left == "a" else "1"}[outcome]


def test_practice_by_keyboard_tells_afterwards_what_was_expected(new_page, trained):
    page = join(new_page(), trained)
    expect(page.get_by_text("Practice 1 of 2", exact=True)).to_be_visible()
    shown, key = token(page), key_of(page, "b")
    next_is_fetched_ahead(page)
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1, name="Not as expected")).to_be_focused()
    side = "Left" if key == "3" else "Right"
    expect(page.get_by_text(f"{side} names the date.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Next")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Answer it again
    expect(page.locator(f"[data-token='{shown}']")).to_be_visible()
    takes_answers(page)
    page.keyboard.press(key_of(page, "a"))
    expect(page.get_by_role("heading", level=1, name="As expected", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Practice 2 of 2", exact=True)).to_be_visible()
    takes_answers(page)
    page.keyboard.press("2")
    page.get_by_role("link", name="Next").click()
    rated(page, 0)
    press_until_next_pair(page, "1")
    rated(page, 1)
    assert Assignment.objects.filter(comparison__purpose="training", state="done").count() == 2


def test_a_skipped_practice_pair_goes_on_in_place(new_page, trained):
    page = join(new_page(), trained)
    page.keyboard.press("s")
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.get_by_text("Practice 2 of 2", exact=True)).to_be_visible()


def test_practice_without_javascript(new_page, trained):
    page = new_page(java_script_enabled=False)
    page.goto(invitation_path(trained))
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Equally good").click()
    expect(page.get_by_role("heading", level=1, name="Not as expected")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Practice 2 of 2", exact=True)).to_be_visible()
