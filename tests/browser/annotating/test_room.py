"""The texts get the room: what of them a laptop's screen shows, and how somebody learns that a text goes on."""

import pytest
from playwright.sync_api import expect

from annotations.models import Criterion
from annotations.studies.criteria import LIBRARY
from models_runner.models import Summary, Transcript
from tests.browser.rating import join, press_until_next_pair, takes_answers
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LAPTOP = {"width": 1366, "height": 650}
SENTENCE = "Maya opened the meeting and went through the list of open points for the release on Friday morning. "
CRITERIA = ("overall", "fluency", "coherence")
# Of each text, the share of its height that no box and no edge of the window cuts off.
VISIBLE = """() => [...document.querySelectorAll(".summary-text")].map((text) => {
    const whole = text.getBoundingClientRect();
    let { top, bottom } = whole;
    for (let box = text.parentElement; box; box = box.parentElement) {
        if (getComputedStyle(box).overflowY === "visible") continue;
        const edge = box.getBoundingClientRect();
        top = Math.max(top, edge.top);
        bottom = Math.min(bottom, edge.bottom);
    }
    return (Math.min(bottom, innerHeight) - top) / whole.height;
})"""


def study_of(left, right, *, criteria=CRITERIA[:1], **options):
    """A study whose summaries have these numbers of words, and whose questions have their hints."""
    made = make_study(systems=2, documents=6, criteria=criteria, **options)
    for criterion in Criterion.objects.all():
        criterion.question, criterion.help_text = LIBRARY[criterion.key]
        criterion.save()
    turns = [{"speaker": "Maya", "content": f"{SENTENCE} {n}"} for n in range(60)]
    Transcript.objects.update(turns=turns)
    for comparison in made.comparisons.all():
        for summary, words in ((comparison.summary_a, left), (comparison.summary_b, right)):
            text = " ".join((SENTENCE * 40).split()[:words])
            Summary.objects.filter(pk=summary.pk).update(text=text)
    return made


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("questions", [1, 3])
def test_a_laptop_shows_two_thirds_of_both_texts(new_page, questions, locale):
    page = join(new_page(viewport=LAPTOP, locale=locale), study_of(150, 150, criteria=CRITERIA[:questions]))
    first = page.evaluate(VISIBLE)
    for _ in range(3):
        press_until_next_pair(page, *"1" * questions)
    later = page.evaluate(VISIBLE)
    assert min(first) >= 2 / 3
    assert min(later) > min(first)
    for button in page.locator("[name=choice]").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_hints_shrink_after_the_first_pairs_and_come_back_when_asked(new_page):
    page = join(new_page(viewport=LAPTOP), study_of(150, 150))
    hint, toggle = page.locator(".help-text"), page.get_by_role("button", name="What is meant")
    for _ in range(3):
        expect(hint).to_be_visible()
        expect(toggle).to_be_hidden()
        press_until_next_pair(page, "1")
    expect(hint).to_be_hidden()
    takes_answers(page)
    toggle.focus()
    page.keyboard.press("Enter")
    expect(hint).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(hint).to_be_hidden()
    press_until_next_pair(page, "1")  # the button takes no answer away


def test_only_the_text_that_is_cut_off_says_that_it_goes_on(new_page):
    page = join(new_page(viewport=LAPTOP), study_of(300, 20))
    long, short = sorted(page.locator(".summary").all(), key=lambda text: -len(text.inner_text()))
    expect(long.locator("[data-goes-on]")).to_be_visible()
    expect(short.locator("[data-goes-on]")).to_be_hidden()
    page.keyboard.press("End")
    expect(long.locator("[data-goes-on]")).to_be_hidden()
    page.keyboard.press("Home")
    expect(long.locator("[data-goes-on]")).to_be_visible()


def test_keys_scroll_the_texts_and_leave_other_boxes_alone(new_page):
    page = join(new_page(viewport=LAPTOP), study_of(600, 600))
    texts, turns = page.locator(".summaries"), page.locator("[data-turns]")
    top = "box => box.scrollTop"
    places = [texts.evaluate(top)]
    for key in ("ArrowDown", "PageDown", "Space"):
        page.keyboard.press(key)
        places.append(texts.evaluate(top))
    assert places == sorted(set(places))
    page.keyboard.press("Shift+Space")
    assert texts.evaluate(top) < places[-1]
    page.keyboard.press("Home")
    turns.focus()
    page.keyboard.press("End")
    expect(page.locator(".turn").last).to_be_in_viewport()
    assert texts.evaluate(top) == 0
    page.locator("[data-goes-on]").first.click()
    assert texts.evaluate(top) > 0


def test_texts_that_fit_leave_the_keys_to_the_browser(new_page):
    page = join(new_page(viewport={"width": 375, "height": 700}), study_of(150, 150))
    expect(page.locator("[data-goes-on]:visible")).to_have_count(0)
    page.keyboard.press("PageDown")
    expect(page.locator("[data-heading]")).not_to_be_in_viewport()
