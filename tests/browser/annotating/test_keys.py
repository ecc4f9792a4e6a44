"""The keys of the rating page: their order, and keyboards of other countries."""

import pytest
from playwright.sync_api import expect

from annotations.models import Judgement
from tests.browser.rating import join, press_until_next_pair, rated, stored_choice, takes_answers, token
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRESS = """([key, code, shiftKey]) => document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true })
)"""
# Key, code and whether Shift is held: what browsers send.
ANSWERS = {
    "AZERTY": ("é", "Digit2", False, "tie"),
    "AZERTY with Shift": ("3", "Digit3", True, "right"),
    "AZERTY, a sign that is ASCII": ("'", "Digit4", False, "both_bad"),
    "Czech": ("š", "Digit3", False, "right"),
    "numbers on the right": ("3", "Numpad3", False, "right"),
    "numbers on the right without Num Lock": ("End", "Numpad1", False, "left"),
    "Arabic": ("٢", "Digit2", False, "tie"),
    "Persian": ("۳", "Digit3", False, "right"),
    "Bengali": ("৪", "Digit4", False, "both_bad"),
    "Devanagari": ("१", "Digit1", False, "left"),
    "full width": ("３", "Digit3", False, "right"),
    "digits whose rows touch": ("𝟛", "Digit1", False, "right"),
}
NOTHING = [("!", "Digit1", True), ("²", "Backquote", False), ("½", "Backquote", False), ("х", "BracketLeft", False)]


def press(page, key, code, shift):
    page.evaluate(PRESS, [key, code, shift])


def test_digits_of_every_keyboard_answer(new_page):
    page = join(new_page(), make_study(systems=3, documents=5))
    for number, (layout, (key, code, shift, choice)) in enumerate(ANSWERS.items()):
        rated(page, number)
        takes_answers(page)
        shown, texts = token(page), page.locator(".summary-text").all_inner_texts()
        for other in NOTHING:
            press(page, *other)
        press(page, key, code, shift)
        expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
        assert (layout, stored_choice(shown, texts)) == (layout, choice)


@pytest.mark.parametrize("letters", ["гышсе/?", "عسؤفظ/؟"], ids=["Cyrillic", "Arabic"])
def test_letters_of_another_alphabet_do_what_their_place_does(new_page, letters):
    page = join(new_page(), make_study(systems=3, documents=3))
    shown, _ = press_until_next_pair(page, "1")
    takes_answers(page)
    press(page, letters[0], "KeyU", False)
    expect(page.locator(f"[data-token='{shown}']")).to_be_visible()
    takes_answers(page)
    press(page, letters[-1], "Digit7", True)  # the sign goes before the place
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "ы", "KeyS", False)
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Escape")
    press(page, "с", "KeyC", False)
    expect(page.locator("#comment-text")).to_be_focused()
    assert not Judgement.objects.exists()


def keys_shown(page):
    return page.locator("[name=choice] kbd").all_inner_texts()


def test_keys_stand_in_the_order_of_the_buttons(new_page):
    page = join(new_page(), make_study())
    assert keys_shown(page) == ["1", "2", "3", "4"]
    expect(page.get_by_text("keeps the keys")).to_have_count(0)


def test_a_study_from_before_keeps_its_keys_and_says_so(new_page):
    page = join(new_page(), make_study(systems=3, documents=2, key_order="earlier"))
    assert keys_shown(page) == ["1", "3", "2", "4"]
    expect(page.locator(".keys-note")).to_have_text(
        "This study keeps the keys it began with: 1 left, 2 right, 3 equally good."
    )
    for key, choice in {"1": "left", "2": "right", "3": "tie", "4": "both_bad"}.items():
        shown, texts = press_until_next_pair(page, key)
        assert stored_choice(shown, texts) == choice
    expect(page.locator(".keys-note")).to_be_hidden()  # with the hints
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("keeps the keys it began with")
