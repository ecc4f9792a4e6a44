"""Marking errors in a real browser: by keys, by mouse, on a phone, in Chinese, without a connection."""

import re

import pytest
from playwright.sync_api import expect

from annotations.models import Judgement
from marks.kinds.storing import NewKind, add_own_kinds
from marks.models import Mark, Reading
from tests.browser.rating import join, press_until_next_pair, takes_answers, token
from tests.browser.test_accessibility import violations
from tests.factories import make_study
from tests.marks.files import TEXT, study_with_texts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHINESE = "🚀会议决定周五发布。李雷周三前修复测试。"
MARKDOWN = "## Decisions\n\n- **Maya** ships the checkout on *Monday*.\n- Leo fixes the tests."


def made(page, number):
    expect(page.locator("[data-mark-list] li")).to_have_count(number)
    expect(page.locator("[data-status]")).to_have_text("Saved")


def painted(page, side):
    return page.locator(".summary-text").nth(side).locator("mark.error").all_inner_texts()


def select(page, side, phrase):
    """Select these words as a mouse or a finger leaves them selected."""
    page.locator(".summary-text").nth(side).evaluate(
        """(box, phrase) => {
            const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(phrase);
                if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + phrase.length);
            }
        }""",
        phrase,
    )
    expect(page.locator("[data-mark-form]")).to_be_visible()
    expect(page.locator("[data-chosen-words]")).to_have_text(phrase)


def stored_side(mark):
    summary = (
        mark.assignment.comparison.summary_a
        if mark.assignment.shown_left == "a"
        else mark.assignment.comparison.summary_b
    )
    return "left" if mark.summary_id == summary.pk else "right"


def test_words_are_marked_and_taken_back_by_keys(new_page):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    for key in ("m", "m", *["ArrowRight"] * 3, "Shift+ArrowRight", "Shift+ArrowRight", "Enter", "0", "3"):
        page.keyboard.press(key)
    made(page, 1)
    mark = Mark.objects.get()
    assert (mark.text, mark.kind.key, mark.severity, stored_side(mark)) == (
        "checkout on Monday", "wrong number or date", "major", "right",
    )  # fmt: skip
    assert painted(page, 1) == ["checkout on Monday"]
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Take back")).press("Enter")
    made(page, 0)
    assert painted(page, 1) == []
    assert not Mark.objects.standing().exists()
    page.locator("[data-heading]").focus()
    shown, _ = press_until_next_pair(page, "1")  # digits are answers again
    assert Mark.objects.get().assignment.token.hex == shown.replace("-", "")


def test_escape_leaves_and_nothing_is_marked(new_page):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    for key in ("m", "Enter", "Escape", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("mark.chosen")).to_have_count(0)
    press_until_next_pair(page, "2")
    assert not Mark.objects.exists()


def test_a_digit_is_a_kind_while_words_are_selected_and_an_answer_after_that(new_page):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    shown = token(page)
    answer_key = page.locator(".questions form.current kbd").first
    select(page, 0, "Monday")
    expect(answer_key).to_be_hidden()
    page.keyboard.press("3")
    made(page, 1)
    assert (Mark.objects.get().kind.key, token(page)) == ("wrong number or date", shown)
    assert not Judgement.objects.exists()
    select(page, 0, "Leo")
    page.keyboard.press("Escape")
    expect(page.locator("[data-mark-form]")).to_be_hidden()
    expect(answer_key).to_be_visible()
    press_until_next_pair(page, "1")
    assert Mark.objects.count() == 1
    assert Judgement.objects.exists()


def test_rendered_words_are_marked_by_mouse_and_stand_after_a_reload(new_page):
    page = join(new_page(), study_with_texts(text=MARKDOWN, ask_marks="optional"))
    select(page, 0, "Monday")
    page.get_by_role("button", name="Wrong number or date").click()
    made(page, 1)
    select(page, 0, " ships the checkout on ")
    page.get_by_label("Major").check()
    page.get_by_role("button", name="Wrong decision or action").click()
    made(page, 2)
    first, second = Mark.objects.order_by("pk")
    assert (first.text, first.severity) == ("Monday", "minor")
    assert (second.text, second.severity, stored_side(second)) == ("ships the checkout on", "major", "left")
    page.reload()
    takes_answers(page)
    expect(page.locator("[data-mark-list] li")).to_have_count(2)
    assert painted(page, 0) == ["ships the checkout on", "Monday"]
    assert painted(page, 1) == []


def test_a_word_is_marked_by_a_double_click(new_page):
    page = join(new_page(), study_with_texts(text=MARKDOWN, ask_marks="optional"))
    page.locator(".summary-text").nth(1).locator("strong").dblclick()
    expect(page.locator("[data-chosen-words]")).to_have_text("Maya")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-mark-form]")).to_be_hidden()
    page.locator(".summary-text").nth(1).locator("em").dblclick()
    expect(page.locator("[data-chosen-words]")).to_have_text("Monday")
    page.get_by_role("button", name="Wrong number or date").click()
    made(page, 1)
    mark = Mark.objects.get()
    assert (mark.text, stored_side(mark)) == ("Monday", "right")


@pytest.mark.parametrize(
    "screen",
    [
        {"viewport": {"width": 1366, "height": 650}},
        {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark"},
    ],
    ids=["laptop light", "phone dark"],
)
def test_everybody_can_read_and_reach_the_panel(new_page, screen):
    page = join(new_page(bypass_csp=True, **screen), study_with_texts(text=MARKDOWN, ask_marks="optional"))
    assert violations(page) == {}
    select(page, 0, "Monday")
    page.get_by_label("Major").check()
    assert violations(page) == {}
    page.get_by_role("button", name="Invented").click()
    made(page, 1)
    for key in ("m", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.get_by_role("button", name="I have looked").click()
    made(page, 1)
    assert violations(page) == {}


def test_what_is_missing_and_that_nothing_else_is_wrong(new_page):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    page.locator("[data-marking] > summary").click()
    page.get_by_role("combobox", name="Missing decision Right").select_option("minor")
    made(page, 1)
    page.get_by_role("combobox", name="Missing decision Right").select_option("major")
    made(page, 1)
    page.get_by_role("combobox", name="Missing action Left").select_option("major")
    made(page, 2)
    page.get_by_role("combobox", name="Missing action Left").select_option("")
    made(page, 1)
    page.get_by_role("button", name="I have looked: nothing else is wrong").click()
    expect(page.get_by_role("button", name="I have looked: nothing else is wrong")).to_have_attribute(
        "aria-pressed", "true"
    )
    made(page, 1)
    mark = Mark.objects.standing().get()
    assert (mark.kind.key, mark.severity, stored_side(mark)) == ("missing decision", "major", "right")
    assert Reading.objects.count() == 2


def test_a_mark_without_a_connection_is_saved_later(new_page, complaints):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    page.route("**/marks/add", lambda route: route.abort("connectionreset"))
    select(page, 0, "Monday")
    page.get_by_role("button", name="Invented").click()
    expect(page.locator("[data-status]")).to_contain_text("Not saved yet")
    assert painted(page, 0) == ["Monday"]
    assert not Mark.objects.exists()
    page.unroute("**/marks/add")
    made(page, 1)
    assert Mark.objects.get().text == "Monday"
    complaints.clear()


def test_a_refused_mark_stands_no_more_and_says_why(new_page, complaints):
    study = study_with_texts(ask_marks="optional")
    page = join(new_page(), study)
    expect(page.locator("[data-marking]")).to_be_visible()
    study.mark_kinds.filter(key="invented").update(asked=False)
    select(page, 0, "Monday")
    with page.expect_response("**/marks/add") as answered:
        page.get_by_role("button", name="Invented").click()
    assert answered.value.status == 400
    expect(page.locator("[data-refusal]")).to_contain_text("does not offer this kind")
    expect(page.locator("mark.error")).to_have_count(0)
    complaints.clear()


STRANGE = (
    "  Cafe\u0301 👩‍👩‍👧 𠮷\r\n\r\n\u200fשלום ship יום שני\u200e\u00a0x\u3000y\u200bz &amp; <b>no</b> &#128640; end\r\n"
    "\n| who | what |\n|--|--|\n| Leo | fix |\n\n    indented code\n"
)


@pytest.mark.parametrize("summary_format", ["rendered", "plain", "written"])
def test_whatever_a_browser_shows_can_be_marked(new_page, summary_format):
    """The browser and the server count the same characters, whatever they are."""
    page = join(new_page(), study_with_texts(text=STRANGE, ask_marks="optional", summary_format=summary_format))
    for side, number in ((0, 1), (1, 2)):
        page.locator(".summary-text").nth(side).evaluate("(box) => getSelection().selectAllChildren(box)")
        expect(page.locator("[data-mark-form]")).to_be_visible()
        page.get_by_role("button", name="Invented").click()
        made(page, number)
    left, right = Mark.objects.order_by("pk")
    assert left.text == right.text == STRANGE.strip()
    page.reload()
    takes_answers(page)
    assert "".join(painted(page, 0)).startswith("Cafe\u0301")


def test_marks_over_each_other_are_painted_and_taken_back_alone(new_page):
    page = join(new_page(), study_with_texts(ask_marks="optional"))
    for number, phrase in enumerate(("ships the checkout", "checkout on Monday"), start=1):
        page.locator(".summary-text").first.evaluate(
            """(box, phrase) => {
                const places = [];
                const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
                for (let node = walker.nextNode(); node; node = walker.nextNode())
                    for (let n = 0; n < node.length; n++) places.push([node, n]);
                const start = box.textContent.indexOf(phrase);
                const [last, at] = places[start + phrase.length - 1];
                getSelection().setBaseAndExtent(...places[start], last, at + 1);
            }""",
            phrase,
        )
        expect(page.locator("[data-chosen-words]")).to_have_text(phrase)
        page.get_by_role("button", name="Invented").click()
        made(page, number)
    page.get_by_role("button", name="Take back").first.click()
    made(page, 1)
    assert painted(page, 0) == ["checkout on Monday"]
    assert page.locator(".summary-text").first.inner_text() == TEXT


def test_on_a_phone_in_chinese(new_page):
    study = study_with_texts(text=CHINESE, ask_marks="optional")
    study.dataset.documents.update(language="zh")
    page = join(new_page(viewport={"width": 375, "height": 667}, has_touch=True, is_mobile=True, locale="zh-CN"), study)
    select(page, 0, "周五发布")
    expect(page.locator("[data-mark-form]")).to_be_in_viewport()
    kind = page.get_by_role("button", name="数字或日期错误")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    kind.tap()
    expect(page.locator("[data-mark-list] li")).to_have_count(1)
    expect(page.locator("[data-status]")).to_have_text("已保存")
    mark = Mark.objects.get()
    assert (mark.text, CHINESE[mark.start : mark.end]) == ("周五发布", "周五发布")
    assert painted(page, 0) == ["周五发布"]
    page.get_by_role("button", name="收回").first.tap()
    expect(page.locator("mark.error")).to_have_count(0)


def test_chinese_words_by_keys(new_page):
    study = study_with_texts(text=CHINESE, ask_marks="optional")
    study.dataset.documents.update(language="zh")
    page = join(new_page(), study)
    for key in ("m", "ArrowRight", "Enter", "1"):
        page.keyboard.press(key)
    made(page, 1)
    assert Mark.objects.get().text == "决定"


def test_the_next_pair_has_its_own_marks(new_page):
    page = join(new_page(), study_with_texts(systems=3, documents=1, ask_marks="optional"))
    select(page, 0, "Monday")
    page.get_by_role("button", name="Invented").click()
    made(page, 1)
    before = token(page)
    page.keyboard.press("1")
    expect(page.locator(f"[data-token='{before}']")).to_have_count(0)
    takes_answers(page)
    expect(page.locator("mark.error, [data-mark-list] li")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(f"[data-token='{before}']")).to_have_count(1)
    expect(page.locator("mark.error")).to_have_count(1)


def test_without_the_setting_the_page_knows_no_marks(new_page):
    page = join(new_page(), make_study())
    page.keyboard.press("m")
    assert page.locator("[data-marking], mark").count() == 0
    assert TEXT not in page.content()
    assert not page.evaluate("performance.getEntriesByType('resource').some(({ name }) => name.includes('/marks/'))")


def test_what_a_kind_means_is_read_without_a_mouse_and_chosen_words_stay_in_sight(new_page):
    study = study_with_texts(ask_marks="optional", text=f"{TEXT} " * 6)
    add_own_kinds(study, [NewKind("wrong owner", help_text="Somebody gets a task that nobody gave them.")])
    screen = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
    page = join(new_page(**screen), study)
    words = page.locator(".summary-text").first
    words.evaluate("(box) => scrollTo(0, box.getBoundingClientRect().bottom + scrollY - innerHeight)")
    words.evaluate(
        "(box) => getSelection().setBaseAndExtent(box.lastChild, 0, box.lastChild, box.lastChild.childNodes.length)"
    )
    panel = page.locator("[data-marking]")
    expect(page.locator("[data-mark-form]")).to_be_visible()
    bottom, top = page.evaluate(
        "[getSelection().getRangeAt(0).getBoundingClientRect().bottom, document.querySelector('[data-marking]').getBoundingClientRect().top]"
    )
    assert bottom <= top
    panel.get_by_text("What these mean").tap()
    expect(panel.get_by_text("Somebody gets a task that nobody gave them.")).to_be_visible()
    assert violations(page) == {}
