"""A person rates in a real browser: by keyboard, by mouse, on a phone."""

import pytest
from playwright.sync_api import expect

from annotations.models import Assignment, Judgement, JudgementRevision, Study
from annotations.people.links import invitation_path
from models_runner.models import Summary, Transcript
from tests.browser.rating import (
    join,
    press_until_next_pair,
    rated,
    shows_no_answer,
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
