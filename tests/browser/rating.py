"""Rating in a browser, for tests: joining, answering by keyboard, and waiting for what the page shows."""

import re

from playwright.sync_api import expect

from annotations.models import Assignment
from annotations.people.links import invitation_path


def start_by_keyboard(page, path):
    page.goto(path)
    expect(page.locator("main button")).to_be_focused()
    page.keyboard.press("Enter")


def takes_answers(page):
    """The scripts have started, and presses are no longer ignored as they are right after a pair appears."""
    expect(page.locator("[data-pair][data-ready]")).to_have_count(1)


def next_is_fetched_ahead(page):
    expect(page.locator("[data-rating][data-next-ready]")).to_have_count(1)


def shows_no_answer(page):
    """A press that counts shows at once, before anything is sent."""
    answers = page.locator("[data-question]").evaluate_all("questions => questions.map((q) => q.dataset.answer)")
    assert set(answers) == {""}


def join(page, study):
    start_by_keyboard(page, invitation_path(study))
    takes_answers(page)
    return page


def token(page):
    return page.locator("[data-pair]").get_attribute("data-token")


def press_until_next_pair(page, *keys):
    """Answer the shown pair by keys; returns its token and both texts as they stood left and right."""
    shown = token(page)
    texts = page.locator(".summary-text").all_inner_texts()
    takes_answers(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    return shown, texts


def rated(page, done):
    expect(page.locator("[data-progress]")).to_have_text(re.compile(rf"^{done} of \d+ rated$"))


def stored_choice(shown, texts, criterion="overall"):
    """What the database says about a pair, in terms of the sides this browser showed."""
    assignment = Assignment.objects.get(token=shown)
    outcome = assignment.judgements.get(criterion__key=criterion).outcome
    if outcome in ("tie", "both_bad"):
        return outcome
    better = assignment.comparison.summary_a if outcome == "a" else assignment.comparison.summary_b
    return ["left", "right"][texts.index(better.text)]


def without_next_pair(page):
    """Votes are saved, but their answers bring no next pair, as where the site cannot find one."""

    def leave_out(route):
        said = route.fetch().json()
        said.pop("next", None)
        route.fulfill(json=said)

    page.route("**/vote", leave_out)
