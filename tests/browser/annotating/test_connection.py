"""A person rates over a bad connection, in two tabs and on two devices: no answer is lost or counted twice."""

import re

import pytest
from playwright.sync_api import expect

from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Remark, Study
from tests.browser.rating import (
    join,
    next_is_fetched_ahead,
    press_until_next_pair,
    rated,
    start_by_keyboard,
    stored_choice,
    takes_answers,
    token,
    without_next_pair,
)
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("reaches_server", [False, True], ids=["request lost", "answer lost"])
def test_a_vote_over_a_cut_connection_is_stored_once(new_page, complaints, reaches_server):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    cuts = []

    def cut(route):
        if len(cuts) < 2:
            cuts.append(route.request.post_data)
            if reaches_server:
                route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/vote", cut)
    page.keyboard.press("3")
    expect(page.get_by_role("status").first).to_have_text("Not saved yet: no connection. Trying again…")
    expect(page.get_by_role("status").first).to_have_text("Saved")
    rated(page, 1)
    assert len(cuts) == 2
    assert JudgementRevision.objects.count() == 1
    assert stored_choice(shown, texts) == "right"
    assert all("ERR_CONNECTION_RESET" in text for text in complaints)
    complaints.clear()


def test_an_unsaved_answer_survives_a_reload(new_page, complaints):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    page.route("**/vote", lambda route: route.abort("connectionreset"))
    page.keyboard.press("2")
    expect(page.get_by_role("status").first).to_contain_text("Not saved yet")
    assert not Judgement.objects.exists()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.unroute("**/vote")
    page.reload()
    rated(page, 1)
    assert asked == ["beforeunload"]
    assert stored_choice(shown, texts) == "tie"
    complaints.clear()


def test_another_tab_leaves_an_unsaved_answer_where_it_is(new_page, complaints):
    page = join(new_page(), make_study(criteria=("overall", "fluency")))
    other = page.context.new_page()
    other.goto(page.url)
    takes_answers(other)
    page.route("**/vote", lambda route: route.abort("connectionreset"))
    page.bring_to_front()
    page.keyboard.press("1")
    expect(page.get_by_role("status").first).to_contain_text("Not saved yet")
    other.locator("[data-question=fluency]").get_by_role("button", name="Equally good").click()
    expect(other.get_by_role("status").first).to_have_text("Saved")
    page.close()
    other.reload()
    rated(other, 1)
    assert set(Judgement.objects.values_list("criterion__key", flat=True)) == {"overall", "fluency"}
    complaints.clear()


def test_offline_for_the_next_pair_only_delays_it(new_page, complaints):
    page = join(new_page(), make_study())
    shown = token(page)
    answers = page.locator("[data-rating]").get_attribute("data-rate-url") + "**"
    # Only the answer arrives: no pair is fetched, neither ahead nor afterwards.
    page.route(f"**{answers}", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    without_next_pair(page)
    page.keyboard.press("1")
    status = page.get_by_role("status").first
    expect(status).to_contain_text("Trying again…")
    page.unroute(f"**{answers}")
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    rated(page, 1)
    assert JudgementRevision.objects.count() == 1
    complaints.clear()


def test_another_device_goes_on_with_the_same_pair(new_page):
    page = join(new_page(), make_study())
    press_until_next_pair(page, "1")
    rated(page, 1)
    other = new_page(viewport={"width": 360, "height": 740})
    start_by_keyboard(other, page.locator("#personal-link").input_value())
    rated(other, 1)
    assert token(other) == token(page)
    assert Annotator.objects.count() == 1


def test_a_pair_that_others_rated_meanwhile_is_passed_over(new_page, complaints):
    study = make_study(systems=2, documents=2, quota=1)
    page = join(new_page(), study)
    shown = token(page)
    mine = Assignment.objects.get(token=shown)
    # The place stays taken, now by somebody else.
    Assignment.objects.filter(pk=mine.pk).update(state="expired", slot=None, lease_until=None)
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_contain_text("others have rated it meanwhile")
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    page.get_by_role("button", name="Go on with the next pair").click()
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    assert not Judgement.objects.exists()
    assert all("409" in text for text in complaints)
    complaints.clear()


def test_an_outdated_page_keeps_the_answer_until_it_is_reloaded(new_page, complaints):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    page.context.clear_cookies(name=re.compile("csrf"))
    asked = []  # whether to leave the page: it says itself that the answer is kept
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("out of date")
    assert not Judgement.objects.exists()
    page.get_by_role("button", name="Reload the page").click()
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    assert asked == []
    assert all("403" in text for text in complaints)
    complaints.clear()


def test_an_answer_is_kept_until_the_personal_link_is_opened_again(new_page, complaints):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    link = page.locator("#personal-link").input_value()
    page.context.clear_cookies(name=re.compile("session"))
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("your personal link again. Your answer is kept here")
    page.get_by_role("button", name="Reload the page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This browser has not joined yet")
    start_by_keyboard(page, link)
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    assert all("403" in text for text in complaints)
    complaints.clear()


def test_an_answer_is_kept_while_the_study_is_paused(new_page, complaints):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    Study.objects.update(status="paused")
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("not open for rating at the moment")
    expect(page.get_by_role("alert")).to_contain_text("Your answer is kept here and sent once it can be.")
    page.get_by_role("button", name="Reload the page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rating is paused")
    assert not Judgement.objects.exists()
    Study.objects.update(status="open")
    page.get_by_role("link", name="Look again now").click()
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    assert all("409" in text for text in complaints)
    complaints.clear()


def test_the_farewell_of_a_closed_study_tells_of_an_unsent_answer(new_page, complaints):
    page = join(new_page(), make_study())
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    Study.objects.update(status="closed")
    page.keyboard.press("3")
    page.get_by_role("button", name="Reload the page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rating is closed")
    expect(page.locator("[data-unsent]")).to_contain_text(
        "1 answer has not reached the site. It is kept in this browser"
    )
    expect(page.get_by_text("nothing is left to do")).to_be_hidden()
    expect(page.get_by_text("others may still be rating them")).to_have_count(0)
    Study.objects.update(status="open")
    page.reload()
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    Study.objects.update(status="closed")
    page.reload()
    expect(page.get_by_text("nothing is left to do")).to_be_visible()
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert all("409" in text for text in complaints)
    complaints.clear()


def test_the_next_pair_is_there_without_the_server(new_page, complaints):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    ahead = Assignment.objects.filter(state="leased").order_by("pk").last()
    page.route(re.compile(r"/rate/[0-9a-f-]+/$"), lambda route: route.abort("connectionreset"))
    press_until_next_pair(page, "1")
    assert token(page) == str(ahead.token)
    rated(page, 1)
    complaints.clear()


def test_without_a_network_one_goes_on_with_the_next_pair(new_page, complaints):
    page = join(new_page(), make_study(systems=3, documents=3))
    status = page.get_by_role("status").first
    next_is_fetched_ahead(page)
    ahead = Assignment.objects.filter(state="leased").order_by("pk").last()
    posted = []
    page.on("requestfinished", lambda request: posted.append(request.url) if request.url.endswith("/vote") else None)
    page.context.set_offline(True)
    first, texts = press_until_next_pair(page, "3")
    assert token(page) == str(ahead.token)
    expect(status).to_have_text("Not saved yet: no connection. Trying again…")
    rated(page, 1)
    second, more = token(page), page.locator(".summary-text").all_inner_texts()
    takes_answers(page)
    page.keyboard.press("u")
    expect(status).to_have_text("Not saved yet, so it cannot be taken back: wait until it is saved.")
    page.keyboard.press("2")  # the pair after it is not there
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    assert token(page) == second
    assert not Judgement.objects.exists()
    page.context.set_offline(False)
    expect(page.locator(f"[data-token='{second}']")).to_have_count(0)
    rated(page, 2)
    expect(status).to_have_text("Saved")
    assert (stored_choice(first, texts), stored_choice(second, more)) == ("right", "tie")
    assert JudgementRevision.objects.count() == len(posted) == 2
    complaints.clear()


def test_back_in_the_network_the_next_pair_is_fetched_again(new_page, complaints):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    page.context.set_offline(True)
    press_until_next_pair(page, "1")
    takes_answers(page)
    page.context.set_offline(False)
    expect(page.get_by_role("status").first).to_have_text("Saved")
    next_is_fetched_ahead(page)
    first = Assignment.objects.get(state="done")
    assert Assignment.objects.filter(state="leased").count() == 2
    assert token(page) != str(first.token)
    complaints.clear()


def test_a_comment_waits_with_its_answer(new_page, complaints):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    page.context.set_offline(True)
    page.locator("#comment-text").fill("Left names the date.")
    page.keyboard.press("Escape")
    shown, _ = press_until_next_pair(page, "1")
    expect(page.locator("#comment-text")).to_have_value("")
    page.context.set_offline(False)
    expect(page.get_by_role("status").first).to_have_text("Saved")
    next_is_fetched_ahead(page)
    comment = Remark.objects.get()
    assert (str(comment.assignment.token), comment.text) == (shown, "Left names the date.")
    assert Judgement.objects.get().assignment == comment.assignment
    complaints.clear()


def requests_of(page):
    """Methods and last parts of what the page asks the rating addresses for, from now on."""
    asked = []

    def note(request):
        if "/rate/" in request.url:
            asked.append((request.method, request.url.rpartition("/")[2].partition("?")[0]))

    page.on("request", note)
    return asked


def test_one_request_a_vote(new_page):
    page = join(new_page(), make_study(systems=4, documents=4))
    page.clock.install()
    page.reload()
    next_is_fetched_ahead(page)  # the pair after the first is asked for apart
    asked = requests_of(page)
    for done in range(1, 5):
        ahead = Assignment.objects.filter(state="leased").order_by("pk").last()
        shown, texts = press_until_next_pair(page, "13"[done % 2])
        assert token(page) == str(ahead.token)
        next_is_fetched_ahead(page)
        rated(page, done)
        assert stored_choice(shown, texts) == ["left", "right"][done % 2]
        page.clock.fast_forward("00:02")  # by now it would have been asked for apart
    assert asked == [("POST", "vote")] * 4
    assert Assignment.objects.filter(state="leased").count() == 2


def test_a_vote_before_anything_was_fetched_ahead_is_one_request_too(new_page):
    page = join(new_page(), make_study(systems=3, documents=3))
    asked = requests_of(page)
    page.route("**/next?**", lambda route: None)  # never answered
    press_until_next_pair(page, "1")
    rated(page, 1)
    assert [what for what in asked if what != ("GET", "next")] == [("POST", "vote")]


def test_a_vote_whose_next_pair_fails_is_saved_and_the_page_goes_on(new_page):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    without_next_pair(page)
    asked = requests_of(page)
    for done in range(1, 4):
        press_until_next_pair(page, "1")
        rated(page, done)
        expect(page.get_by_role("status").first).to_have_text("Saved")
        next_is_fetched_ahead(page)  # by a request of its own
    assert asked == [("POST", "vote"), ("GET", "next")] * 3
    assert Judgement.objects.count() == 3


def test_undo_after_a_vote_that_brought_the_next_pair(new_page):
    """What was fetched before counts the pair that is open again as rated: it is not shown."""
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    first, _ = press_until_next_pair(page, "1")
    next_is_fetched_ahead(page)
    second = token(page)
    takes_answers(page)
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{first}']")).to_be_visible()
    rated(page, 0)
    next_is_fetched_ahead(page)
    shown, texts = press_until_next_pair(page, "3")
    assert (shown, token(page)) == (first, second)
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    press_until_next_pair(page, "1")
    rated(page, 2)
    assert Judgement.objects.count() == 2


def test_a_skip_brings_the_next_pair(new_page):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    shown, asked = token(page), requests_of(page)
    page.keyboard.press("s")
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    rated(page, 0)
    assert asked[:1] == [("POST", "remark")]
    assert ("GET", "") not in asked


def test_the_second_question_brings_the_next_pair(new_page):
    page = join(new_page(), make_study(systems=3, documents=3, criteria=("overall", "fluency")))
    next_is_fetched_ahead(page)
    asked = requests_of(page)
    press_until_next_pair(page, "1", "3")
    next_is_fetched_ahead(page)
    rated(page, 1)
    assert asked == [("POST", "vote")] * 2


def test_back_in_the_network_one_vote_brings_the_pair_after_the_one_shown(new_page, complaints):
    page = join(new_page(), make_study(systems=3, documents=3))
    next_is_fetched_ahead(page)
    page.context.set_offline(True)
    first, _ = press_until_next_pair(page, "1")
    second = token(page)
    asked = []
    page.on("requestfinished", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.context.set_offline(False)
    next_is_fetched_ahead(page)
    press_until_next_pair(page, "3")
    next_is_fetched_ahead(page)
    rated(page, 2)
    assert asked == ["vote", "vote"]
    assert len({first, second, token(page)}) == 3
    assert JudgementRevision.objects.count() == 2
    complaints.clear()
