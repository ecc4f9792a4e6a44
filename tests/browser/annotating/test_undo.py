"""Answers and skips are taken back in a real browser, once each."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import Judgement, JudgementRevision, Remark
from annotations.people.links import invitation_path
from tests.browser.rating import (
    join,
    next_is_fetched_ahead,
    press_until_next_pair,
    rated,
    stored_choice,
    takes_answers,
    token,
)
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_undo_takes_the_last_answer_back(new_page):
    page = join(new_page(), make_study(systems=3, documents=2))
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    shown, texts = press_until_next_pair(page, "1")
    takes_answers(page)
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{shown}']")).to_be_visible()
    rated(page, 0)
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    assert not Judgement.objects.exists()
    press_until_next_pair(page, "3")
    assert stored_choice(shown, texts) == "right"
    assert list(JudgementRevision.objects.values_list("outcome", flat=True))[1] == ""


def test_undo_after_a_skip_takes_the_skip_back_and_says_so(new_page):
    page = join(new_page(), make_study(systems=3, documents=2))
    answered, _ = press_until_next_pair(page, "3")
    skipped = token(page)
    takes_answers(page)
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f"[data-token='{skipped}']")).to_have_count(0)
    for back, said in ((skipped, "Taken back: you had skipped this pair."), (answered, "Taken back: Right is better")):
        takes_answers(page)
        page.keyboard.press("u")
        expect(page.locator(f"[data-token='{back}']")).to_be_visible()
        expect(page.get_by_role("status").first).to_have_text(said)
    rated(page, 0)
    press_until_next_pair(page, "1")
    assert Judgement.objects.get().assignment.token == uuid.UUID(answered)


def test_undo_of_the_first_skip_without_javascript(new_page):
    page = new_page(java_script_enabled=False)
    page.goto(invitation_path(make_study()))
    page.get_by_role("button", name="Start").click()
    skipped = token(page)
    page.get_by_text("Skip or report").click()
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f"[data-token='{skipped}']")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"[data-token='{skipped}']")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("Taken back: you had skipped this pair.")


@pytest.mark.parametrize("reaches_server", [False, True], ids=["request lost", "answer lost"])
def test_undo_tried_again_takes_one_answer_back(new_page, complaints, reaches_server):
    page = join(new_page(), make_study(systems=3, documents=2))
    first, _ = press_until_next_pair(page, "1")
    second, _ = press_until_next_pair(page, "2")

    def cut(route):
        if reaches_server:
            route.fetch()
        route.abort("connectionreset")

    page.route("**/undo", cut, times=1)
    takes_answers(page)
    page.keyboard.press("u")
    expect(page.get_by_role("status").first).to_have_text("Not taken back: no connection.")
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{second}']")).to_be_visible()
    rated(page, 1)
    takes_answers(page)
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{first}']")).to_be_visible()
    complaints.clear()


def test_undo_pressed_twice_takes_one_answer_back(new_page):
    page = join(new_page(), make_study(systems=3, documents=2))
    for key in "12":
        shown, _ = press_until_next_pair(page, key)
    takes_answers(page)
    undone = []
    page.on("request", lambda request: undone.append(request.url) if request.url.endswith("/undo") else None)
    page.get_by_role("button", name="Undo").dblclick()
    expect(page.locator(f"[data-token='{shown}']")).to_be_visible()
    rated(page, 1)
    assert Judgement.objects.count() == 1
    assert press_until_next_pair(page, "1")[0] == shown
    rated(page, 2)
    assert len(undone) == 1
    assert Judgement.objects.count() == 2


def test_a_pair_is_skipped_by_keyboard(new_page):
    page = join(new_page(), make_study(systems=3, documents=2))
    shown = token(page)
    page.keyboard.press("s")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Too technical 1 2 3")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    rated(page, 0)
    skip = Remark.objects.get()
    assert (skip.kind, skip.reason, skip.text) == ("skip", "subject", "Too technical 1 2 3")
    assert not Judgement.objects.exists()


def test_a_pair_fetched_ahead_too_late_is_not_shown_later(new_page):
    """It arrives while the next pair is already on its way: it would follow that one with an old count."""
    page = new_page()
    held = []

    def leave_out(route):
        said = route.fetch().json()
        del said["next"]  # so that the next pair is asked for apart
        route.fulfill(json=said)

    def hold(route):
        held.append((route, route.fetch()))
        page.evaluate("document.documentElement.toggleAttribute('data-held', true)")

    def answer_late(route):
        if held and "x-fragment" in route.request.headers:
            late, response = held.pop()
            late.fulfill(response=response)
        route.continue_()

    page.route("**/vote", leave_out)
    page.route("**/next?**", hold)
    page.route(re.compile(r"/rate/[^/]+/$"), answer_late)
    join(page, make_study(systems=3, documents=4))
    expect(page.locator("html[data-held]")).to_have_count(1)
    page.keyboard.press("1")
    rated(page, 1)
    assert not held
    page.unroute("**/next?**")
    takes_answers(page)
    page.keyboard.press("1")
    rated(page, 2)


def test_a_skipped_pair_does_not_count_as_rated(new_page):
    page = new_page()
    join(page, make_study(systems=3, documents=2))
    next_is_fetched_ahead(page)  # before this one is skipped
    shown = token(page)
    page.keyboard.press("s")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    rated(page, 0)
