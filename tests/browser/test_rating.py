"""A person rates in a real browser: by keyboard, over a bad connection, on two devices, on a phone."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Remark, Study
from annotations.people.links import invitation_path
from models_runner.models import Summary, Transcript
from tests.annotations.helpers import make_gold
from tests.browser.rating import (
    join,
    next_is_fetched_ahead,
    press_until_next_pair,
    rated,
    shows_no_answer,
    start_by_keyboard,
    stored_choice,
    takes_answers,
    token,
)
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHOICES = {"1": "left", "2": "tie", "3": "right", "4": "both_bad"}


def test_five_pairs_by_keyboard_with_a_reload_in_the_middle(new_page):
    page = join(new_page(), make_study(systems=3, documents=4))
    given = []
    for number, key in enumerate("12341"):
        rated(page, number)
        given.append((CHOICES[key], *press_until_next_pair(page, key)))
        if number == 2:
            shown = token(page)
            page.reload()
            assert token(page) == shown
    rated(page, 5)
    expect(page.get_by_role("status").first).to_have_text("Saved")
    assert [stored_choice(shown, texts) for _, shown, texts in given] == [choice for choice, _, _ in given]
    assert Judgement.objects.count() == JudgementRevision.objects.count() == 5
    assert all(0 < ms < 60_000 for ms in Judgement.objects.values_list("lead_time_ms", flat=True))


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


def test_the_last_pair_ends_with_thanks(new_page):
    page = join(new_page(), make_study(systems=2, documents=2))
    press_until_next_pair(page, "1")
    press_until_next_pair(page, "2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, that was all")
    expect(page.locator("[data-rated]")).to_have_text("2")


def test_two_questions_are_answered_one_after_the_other(new_page):
    page = join(new_page(), make_study(criteria=("overall", "fluency")))
    widths = page.locator("[name=choice]").evaluate_all("buttons => buttons.map((b) => b.offsetWidth)")
    assert len(widths) == 8
    assert max(widths) - min(widths) <= 1  # no answer looks more inviting than another
    shown, texts = press_until_next_pair(page, "1", "4")
    rated(page, 1)
    assert stored_choice(shown, texts, "overall") == "left"
    assert stored_choice(shown, texts, "fluency") == "both_bad"


def test_an_answer_can_be_changed_before_the_pair_is_complete(new_page):
    page = join(new_page(), make_study(criteria=("overall", "fluency")))
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    page.keyboard.press("1")
    first = page.locator("[data-question=overall]")
    first.get_by_role("button", name="Right is better").click()
    expect(first.get_by_role("button", name="Right is better")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").first).to_have_text("Saved")
    page.locator("[data-question=fluency]").get_by_role("button", name="Equally good").click()
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"
    assert JudgementRevision.objects.filter(criterion__key="overall").count() == 2


def test_a_held_key_rates_one_pair(new_page):
    page = join(new_page(), make_study(documents=4))
    for _ in range(20):  # the second and later ones are repeats
        page.keyboard.down("1")
    rated(page, 1)
    takes_answers(page)
    for _ in range(5):
        page.keyboard.down("1")
    page.keyboard.up("1")
    shows_no_answer(page)
    shown, texts = press_until_next_pair(page, "3")
    rated(page, 2)
    assert stored_choice(shown, texts) == "right"
    assert JudgementRevision.objects.count() == 2


def test_a_second_press_right_after_a_pair_appears_does_not_rate_it(new_page):
    page = join(new_page(), make_study(documents=4))
    page.clock.install()
    page.reload()
    takes_answers(page)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.keyboard.press("1")
    rated(page, 1)
    page.clock.run_for(200)
    page.keyboard.press("1")
    shows_no_answer(page)
    page.clock.run_for(100)
    press_until_next_pair(page, "2")
    assert sorted(JudgementRevision.objects.values_list("lead_time_ms", flat=True))[0] == 300


def test_keys_typed_into_the_search_rate_nothing(new_page):
    page = join(new_page(), make_study())
    page.keyboard.press("/")
    page.keyboard.type("friday 1234")
    expect(page.locator("[data-hits]")).to_have_text("No hit")
    page.locator("[data-search]").fill("FRIDAY")
    expect(page.locator("mark")).to_have_text(["Friday"])
    page.keyboard.press("Escape")
    expect(page.locator("mark")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('[data-turns]')")
    page.keyboard.press("Control+1")
    shows_no_answer(page)
    shown, texts = press_until_next_pair(page, "3")
    assert stored_choice(shown, texts) == "right"
    assert JudgementRevision.objects.count() == 1


def test_the_search_takes_every_character_as_it_is(new_page):
    study = make_study()
    odd = r"The follow-up: C++ (v2.0) costs $5, a|b, [x] {y} \\z ^ * ? / done."
    Transcript.objects.update(turns=[{"speaker": "Maya", "content": odd}])
    page = join(new_page(), study)
    page.keyboard.press("/")
    for words in ("follow-up", "C++", "(v2.0)", "$5", "a|b", "[x]", "{y}", "\\z", "^", "*", "?", "/"):
        page.locator("[data-search]").fill(words)
        expect(page.locator("mark")).to_have_text([words])


def test_texts_run_in_the_direction_of_their_own_words(new_page):
    study = make_study()
    arabic = "نلتقي يوم الجمعة!"
    Transcript.objects.update(turns=[{"speaker": "Leo", "content": arabic}, {"speaker": "Maya", "content": "Friday!"}])
    Summary.objects.update(text=arabic)
    page = join(new_page(), study)

    def from_first_to_last(text):
        """In pixels to the right."""
        return text.evaluate("""(element) => {
            const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
            let text = texts.nextNode();
            while (!text.data.trim()) text = texts.nextNode();
            const x = (from, to) => {
                const range = document.createRange();
                range.setStart(text, from);
                range.setEnd(text, to);
                return range.getBoundingClientRect().x;
            };
            const { length } = text.data;
            return x(length - 1, length) - x(0, 1);
        }""")

    first, second = page.locator(".turn p").all()
    assert from_first_to_last(first) < 0 < from_first_to_last(second)
    assert all(from_first_to_last(summary) < 0 for summary in page.locator(".summary-text").all())


def test_help_opens_and_closes_and_swallows_answers(new_page):
    page = join(new_page(), make_study())
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Judgement.objects.exists()


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


def test_the_buttons_work_without_javascript(new_page):
    page = new_page(java_script_enabled=False)
    page.goto(invitation_path(make_study()))
    page.get_by_role("button", name="Start").click()
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    page.get_by_role("button", name="Right is better").click()
    rated(page, 1)
    assert stored_choice(shown, texts) == "right"


def test_stopping_asks_first_and_gives_the_pair_back(new_page):
    page = join(new_page(), make_study())
    page.get_by_text("Menu").click()
    page.get_by_text("I want to stop").click()
    page.get_by_role("button", name="Yes, stop rating").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You stopped rating")
    assert not Assignment.objects.filter(state="leased").exists()


def test_the_transcript_keeps_its_place_while_the_meeting_stays(new_page):
    study = make_study(systems=3, documents=1)
    transcript = study.comparisons.first().document.transcript
    transcript.turns = [{"speaker": "Maya", "content": f"Point {n}."} for n in range(200)]
    transcript.save()
    page = join(new_page(viewport={"width": 1280, "height": 900}), study)
    page.locator("[data-turns]").evaluate("box => (box.scrollTop = 1500)")
    press_until_next_pair(page, "1")
    rated(page, 1)
    assert page.locator("[data-turns]").evaluate("box => box.scrollTop") == 1500


def press_mouse_on(page, button, click_count):
    """One press of a series: click_count 2 is the second half of a double click."""
    button.hover()
    page.mouse.down(click_count=click_count)
    page.mouse.up(click_count=click_count)


def test_the_second_half_of_a_double_click_does_not_rate_the_next_pair(new_page):
    page = join(new_page(), make_study())
    better = page.get_by_role("button", name="Left is better")
    press_mouse_on(page, better, 1)
    rated(page, 1)
    takes_answers(page)
    press_mouse_on(page, better, 2)
    shows_no_answer(page)
    shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
    press_mouse_on(page, page.get_by_role("button", name="Right is better"), 1)
    rated(page, 2)
    assert stored_choice(shown, texts) == "right"
    assert JudgementRevision.objects.count() == 2


def test_quick_answers_to_several_questions_all_count(new_page):
    page = join(new_page(), make_study(criteria=("overall", "fluency")))
    for click_count, key in enumerate(("overall", "fluency"), start=1):
        press_mouse_on(
            page, page.locator(f"[data-question={key}]").get_by_role("button", name="Right is better"), click_count
        )
    rated(page, 1)


@pytest.mark.parametrize("criteria", [("overall",), ("overall", "fluency", "coherence")])
def test_a_narrow_phone_needs_no_sideways_scrolling(new_page, criteria):
    study = make_study(criteria=criteria, annotator_title="Which of these two meeting summaries is the better one?")
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").tap()
    expect(page.locator("[data-pair]")).to_be_visible()
    for open_menu in (False, True):
        if open_menu:
            page.get_by_text("Menu").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_text("Menu").tap()
    takes_answers(page)
    for key in criteria:
        page.locator(f"[data-question={key}]").get_by_role("button", name="Left is better").tap()
    rated(page, 1)


def test_a_refusal_is_in_sight_on_a_phone(new_page, complaints):
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(invitation_path(make_study(criteria=("overall", "fluency", "coherence"))))
    page.get_by_role("button", name="Start").tap()
    takes_answers(page)
    Study.objects.update(status="paused")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("[data-question=coherence]").get_by_role("button", name="Both bad").tap()
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") > 200
    bar = page.locator(".rate-bar").bounding_box()
    assert page.get_by_role("alert").bounding_box()["y"] >= bar["y"] + bar["height"]
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

    def hold(route):
        held.append((route, route.fetch()))
        page.evaluate("document.documentElement.toggleAttribute('data-held', true)")

    def answer_late(route):
        if held and "x-fragment" in route.request.headers:
            late, response = held.pop()
            late.fulfill(response=response)
        route.continue_()

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


def test_only_turns_with_hits_leaves_the_keys_alive(new_page):
    page = join(new_page(), make_study())
    page.keyboard.press("/")
    page.keyboard.type("Friday")
    only = page.get_by_label("Only turns with hits")
    only.check()
    expect(only).to_be_focused()
    page.keyboard.press("Space")
    expect(only).not_to_be_checked()
    shown, texts = press_until_next_pair(page, "3")
    assert stored_choice(shown, texts) == "right"


def test_a_comment_written_while_the_answer_is_on_its_way_is_saved(new_page, complaints):
    page = join(new_page(), make_study())
    shown = token(page)
    page.route("**/vote", lambda route: route.abort("connectionreset"))
    page.keyboard.press("1")
    expect(page.get_by_role("status").first).to_contain_text("Not saved yet")
    page.keyboard.press("c")
    page.keyboard.type("Left names the date.")
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


def test_time_without_activity_is_not_work(new_page):
    page = join(new_page(), make_study())
    page.clock.install()
    page.reload()
    page.mouse.move(100, 100)
    page.clock.fast_forward("10:00")
    page.mouse.move(200, 200)
    press_until_next_pair(page, "1")
    judgement = Judgement.objects.get()
    assert judgement.lead_time_ms > 600_000
    assert judgement.active_ms < 130_000


def test_a_break_is_suggested(new_page):
    page = join(new_page(), make_study(systems=3, documents=3, break_minutes=1))
    page.clock.install()
    page.reload()
    for x in range(4):
        page.mouse.move(100 + x, 100)
        page.clock.fast_forward("00:40")
    press_until_next_pair(page, "1")
    expect(page.get_by_role("dialog")).to_contain_text("rating for 1 minute.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_strength_has_a_key_for_each_of_six_answers(new_page):
    page = join(new_page(), make_study(systems=3, documents=3, strength="required"))
    for key, strength in (("1", 2), ("2", 1), ("4", 1), ("5", 2), ("6", None)):
        shown, _ = press_until_next_pair(page, key)
        assert Judgement.objects.get(assignment__token=shown).strength == strength


def test_optional_strength_is_said_before_or_after_or_not_at_all(new_page):
    study = make_study(systems=3, documents=3, strength="optional", criteria=("overall", "fluency"))
    page = join(new_page(), study)

    def strengths(shown):
        answers = Judgement.objects.filter(assignment__token=shown).order_by("criterion__position")
        return list(answers.values_list("outcome", "strength"))

    shown, _ = press_until_next_pair(page, "1", "3")
    assert [strength for _, strength in strengths(shown)] == [None, None]
    shown, _ = press_until_next_pair(page, "5", "1", "6", "6", "3")  # pressed again: not said
    assert [strength for _, strength in strengths(shown)] == [1, None]
    shown, _ = press_until_next_pair(page, "6", "3", "5", "2")
    assert strengths(shown)[0][1] == 2
    assert strengths(shown)[1] == ("tie", None)

    takes_answers(page)
    first, second = page.locator("[data-question]").all()
    shown = token(page)
    first.get_by_role("button", name="Left is better").click()
    first.get_by_role("radio", name="much").check()
    expect(first).to_have_attribute("data-answer", "left-2")
    page.keyboard.press("Tab")
    second.get_by_role("button", name="Equally good").click()
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    assert strengths(shown)[0][1] == 2
    assert JudgementRevision.objects.filter(assignment__token=shown).count() == 3


def test_times_of_turns_fit_a_phone(new_page):
    study = make_study(systems=2, documents=1)
    transcript = Transcript.objects.get()
    transcript.turns = [
        {
            "speaker": "Maximiliane Freifrau von und zu Hohenstein-Ernstthal",
            "content": "Hello. " * 20,
            "start": 36012.5,
        },
        {"speaker": "", "content": "Nobody knows who said this.", "start": 62},
    ]
    transcript.save()
    page = join(new_page(viewport={"width": 320, "height": 640}), study)
    if page.locator("[data-turns]").is_hidden():
        page.locator("[data-transcript-toggle]").click()
    expect(page.locator(".turn-start")).to_have_text(["10:00:12", "1:02"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for number, time in zip(page.locator(".turn-number").all(), page.locator(".turn-start").all(), strict=True):
        first, second = number.bounding_box(), time.bounding_box()
        assert second["x"] + second["width"] <= first["x"] or second["y"] >= first["y"] + first["height"]
