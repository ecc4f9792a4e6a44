"""Comments and remarks beside answers in a real browser."""

import pytest
from playwright.sync_api import expect

from annotations.models import Remark
from tests.browser.rating import (
    join,
    press_until_next_pair,
    rated,
    stored_choice,
    token,
)
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_problem_is_reported_and_the_pair_stays(new_page):
    page = join(new_page(), make_study())
    shown = token(page)
    page.get_by_text("Skip or report").click()
    page.get_by_label("A text is broken or missing").check()
    page.get_by_role("button", name="Report and rate it").click()
    expect(page.get_by_role("status").first).to_have_text("Reported. Thank you.")
    assert token(page) == shown
    assert Remark.objects.get().reason == "broken"


def test_a_comment_is_saved_with_the_answer(new_page):
    page = join(new_page(), make_study())
    shown = token(page)
    page.keyboard.press("c")
    page.keyboard.type("Left names who does it; 2 dates are missing.")
    page.keyboard.press("Escape")
    press_until_next_pair(page, "1")
    comment = Remark.objects.get()
    assert (str(comment.assignment.token), comment.text) == (shown, "Left names who does it; 2 dates are missing.")


@pytest.mark.parametrize("criteria", [("overall",), ("overall", "fluency")])
def test_after_a_comment_is_saved_by_keys_the_next_key_answers(new_page, criteria):
    page = join(new_page(), make_study(criteria=criteria))
    page.keyboard.press("c")
    page.keyboard.type("Left names the date.")
    page.keyboard.press("Control+Enter")
    shown, texts = press_until_next_pair(page, *"3" * len(criteria))
    assert stored_choice(shown, texts) == "right"
    assert Remark.objects.get().text == "Left names the date."


def test_a_comment_written_while_the_answer_is_on_its_way_is_saved(new_page, complaints):
    page = join(new_page(), make_study())
    shown = token(page)
    page.route("**/vote", lambda route: route.abort("connectionreset"))
    page.keyboard.press("1")
    expect(page.get_by_role("status").first).to_contain_text("Not saved yet")
    page.keyboard.press("c")
    page.keyboard.type("Left names the date.")
    with page.expect_response("**/remark"):  # it follows the answer
        page.unroute("**/vote")
    rated(page, 1)
    comment = Remark.objects.get()
    assert (str(comment.assignment.token), comment.text) == (shown, "Left names the date.")
    complaints.clear()


def test_what_is_added_to_a_comment_on_its_way_survives_a_reload(new_page):
    page = join(new_page(), make_study())
    late = []
    page.route("**/remark", lambda route: late.append(route))
    page.locator("#comment-text").fill("Left names the date")
    page.keyboard.press("Control+Enter")
    page.locator("#comment-text").press_sequentially(" and the place")
    late[0].continue_()
    expect(page.get_by_role("status").first).to_have_text("Saved")
    page.reload()
    expect(page.locator("#comment-text")).to_have_value("Left names the date and the place")


def test_a_comment_is_saved_with_a_skip(new_page):
    page = join(new_page(), make_study(comments="required"))
    shown = token(page)
    page.locator("#comment-text").fill("Right stops in the middle.")
    page.get_by_text("Skip or report").click()
    page.get_by_label("A text is broken or missing").check()
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    remarks = Remark.objects.filter(assignment__token=shown, assignment__state="skipped")
    assert set(remarks.values_list("kind", "text")) == {("skip", ""), ("comment", "Right stops in the middle.")}


def test_a_comment_being_typed_survives_a_reload(new_page):
    page = join(new_page(), make_study())
    page.locator("#comment-text").fill("Half a thought")
    page.reload()
    expect(page.locator("#comment-text")).to_have_value("Half a thought")
    assert not Remark.objects.exists()


def test_who_erases_what_leads_to_them_leaves_nothing_in_the_browser(new_page):
    """Of this study: what was typed for another one stays."""
    page = join(new_page(), make_study(systems=3))
    page.evaluate("localStorage.setItem('punchweight.draft./rate/another/x', '[\"Half\"]')")
    press_until_next_pair(page, "1")
    page.locator("#comment-text").fill("Half a thought")
    kept = "Object.keys(localStorage).map((key) => key.split('.')[1]).sort()"
    assert page.evaluate(kept) == ["draft", "draft", "pace"]
    page.get_by_text("Menu").click()
    page.get_by_text("Make my answers anonymous").click()
    page.get_by_role("button", name="Yes, make them anonymous").click()
    expect(page.get_by_role("heading", name="Your answers are anonymous now")).to_be_visible()
    expect(page.locator("[data-forget][data-forgotten]")).to_have_count(1)
    assert page.evaluate("Object.keys(localStorage)") == ["punchweight.draft./rate/another/x"]


def test_a_required_comment_is_asked_for(new_page):
    page = join(new_page(), make_study(comments="required"))
    shown = token(page)
    page.keyboard.press("1")
    expect(page.locator("#comment-text")).to_be_focused()
    expect(page.get_by_role("status").first).to_have_text("Saved. Add a comment to go on.")
    assert token(page) == shown
    page.keyboard.type("Shorter.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    rated(page, 1)
