"""Where marks are required, in a real browser: by keys, with undo, without a connection, on a phone in Chinese, by forms."""

import pytest
from playwright.sync_api import expect

from annotations.models import Assignment, Judgement
from annotations.people.links import invitation_path
from marks.models import Mark, NoErrorFound
from tests.browser.annotating.test_marking import CHINESE, made, select
from tests.browser.rating import join, takes_answers, token
from tests.browser.test_accessibility import violations
from tests.marks.files import study_with_texts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def required(**values):
    return study_with_texts(**({"documents": 3, "ask_marks": "required"} | values))


def gone(page, shown):
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    takes_answers(page)


def test_a_mark_made_before_lets_the_answer_go_on(new_page):
    page = join(new_page(), required())
    shown = token(page)
    select(page, 1, "Monday")
    page.keyboard.press("3")
    made(page, 1)
    page.keyboard.press("1")
    gone(page, shown)
    assert Assignment.objects.get(token=shown).state == "done"


def test_the_page_waits_for_a_mark_and_then_for_the_person(new_page):
    page = join(new_page(), required())
    shown = token(page)
    page.keyboard.press("1")
    needed = page.locator("[data-marks-needed]")
    expect(needed).to_contain_text("The right summary loses: mark an error in it to go on.")
    expect(page.locator("[data-status]")).to_have_text("Mark an error, or say that there is none.")
    for key in ("m", "Enter", "1"):  # the cursor begins in the summary that loses
        page.keyboard.press(key)
    made(page, 1)
    expect(needed).to_contain_text("Mark more errors, or go on.")
    page.keyboard.press("Escape")
    select(page, 1, "Leo")
    page.keyboard.press("2")
    made(page, 2)
    assert token(page) == shown
    page.keyboard.press("n")
    gone(page, shown)
    assert Mark.objects.count() == 2
    expect(page.locator("[data-marks-needed]")).to_be_hidden()


def test_a_mark_taken_back_is_asked_for_again(new_page):
    page = join(new_page(), required())
    shown = token(page)
    page.keyboard.press("2")
    gone(page, shown)  # a tie needs none
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(1)
    takes_answers(page)
    page.keyboard.press("3")
    select(page, 0, "Monday")
    page.keyboard.press("1")
    made(page, 1)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("[data-marks-needed]")).to_contain_text("The left summary loses")
    expect(page.locator("[data-go-on]")).to_be_hidden()
    page.get_by_role("button", name="I find no error to mark").click()
    gone(page, shown)
    assert NoErrorFound.objects.count() == 1


def test_after_undo_what_was_said_stands(new_page):
    page = join(new_page(), required())
    shown = token(page)
    page.keyboard.press("4")
    expect(page.locator("[data-marks-needed]")).to_contain_text("Both are bad: mark an error in each to go on.")
    page.keyboard.press("n")
    gone(page, shown)
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{shown}']")).to_have_count(1)
    takes_answers(page)
    page.keyboard.press("1")
    gone(page, shown)
    assert NoErrorFound.objects.count() == 2


def test_without_a_connection_the_page_asks_and_goes_on(new_page, complaints):
    page = join(new_page(), required())
    shown = token(page)
    expect(page.locator("[data-next-ready]")).to_have_count(1)
    page.route("**/rate/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.keyboard.press("1")
    expect(page.locator("[data-status]")).to_contain_text("Not saved yet")
    expect(page.locator("[data-marks-needed]")).to_contain_text("The right summary loses")
    assert token(page) == shown
    select(page, 1, "Monday")
    page.keyboard.press("1")
    page.keyboard.press("n")
    gone(page, shown)
    assert not Judgement.objects.exists()
    page.unroute("**/rate/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    assert Assignment.objects.get(token=shown).state == "done"
    complaints.clear()


def test_a_reload_in_between_asks_again(new_page):
    page = join(new_page(), required())
    shown = token(page)
    with page.expect_response("**/vote"):
        page.keyboard.press("1")
    page.reload()
    takes_answers(page)
    assert token(page) == shown
    expect(page.locator("[data-marks-needed]")).to_contain_text("The right summary loses")
    page.keyboard.press("n")
    gone(page, shown)


def test_on_a_phone_in_chinese(new_page):
    study = required(text=CHINESE)
    study.dataset.documents.update(language="zh")
    screen = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
    page = join(new_page(bypass_csp=True, locale="zh-CN", **screen), study)
    shown = token(page)
    page.get_by_role("button", name="左边更好").tap()
    needed = page.locator("[data-marks-needed]")
    expect(needed).to_contain_text("右边的摘要较差")
    expect(needed).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == {}
    select(page, 1, "周五发布")
    page.get_by_role("button", name="数字或日期错误").tap()
    page.get_by_role("button", name="下一对").tap()
    gone(page, shown)
    assert Mark.objects.get().text == "周五发布"


def test_by_forms_alone(new_page):
    page = new_page(java_script_enabled=False)
    study = required()
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Left is better").click()
    expect(page.get_by_text("The right summary loses: mark an error in it to go on.")).to_be_visible()
    page.locator("[name=side]").select_option("right")
    page.locator("[name=error_kind]").select_option("invented")
    page.get_by_label("The words that are wrong").fill("Leo fixes")
    page.get_by_role("button", name="Mark", exact=True).click()
    assert Mark.objects.get().text == "Leo fixes"
    assert Assignment.objects.filter(state="done").count() == 1
    page.get_by_role("button", name="Right is better").click()
    page.get_by_role("button", name="I find no error to mark").click()
    assert Assignment.objects.filter(state="done").count() == 2
