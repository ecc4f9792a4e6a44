"""An annotator's whole way: invitation, reading, rating, comment, undo, skip, the end with its code.

By keyboard, by finger on a phone, and in Chinese; every page on the way accessible and in one language.
"""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect

from annotations.models import Annotator, Judgement, JudgementRevision, Remark
from annotations.people.invitations import invite
from annotations.people.links import invitation_path, single_path
from tests.annotations.web.test_languages import SAME_EVERYWHERE
from tests.browser.rating import next_is_fetched_ahead, takes_answers
from tests.browser.test_accessibility import violations
from tests.factories import make_study
from tests.pagetext import texts_in
from tools import messages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHINESE = {m.id: m.string for path in messages.catalogues() for m in messages.read(path) if not m.pluralizable}
KEYS = {"left": "1", "tie": "2", "right": "3", "both_bad": "4"}


@dataclass
class Traveller:
    """Somebody with a browser: acts by keyboard or by finger, and looks at each page."""

    page: object
    language: str
    touch: bool
    seen: list = field(default_factory=list)

    def text(self, english):
        return english if self.language == "en" else CHINESE[english]

    def look(self, name):
        """Accessible, no sideways scrolling, and nothing in another language but the material."""
        self.seen.append(name)
        page = self.page
        assert (name, violations(page)) == (name, {})
        assert page.locator("html").get_attribute("lang") == self.language
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        foreign = r"[A-Za-z]{2,}" if self.language == "zh-hans" else r"[一-鿿]+"
        texts = texts_in(self.language, page.content())
        assert len(texts) > 5
        left = [text for text in texts if set(re.findall(foreign, text)) - SAME_EVERYWHERE]
        assert (name, left) == (name, [])

    def start(self):
        if self.touch:
            self.page.get_by_role("button", name=self.text("Start")).tap()
        else:
            expect(self.page.get_by_role("button", name=self.text("Start"))).to_be_focused()
            self.page.keyboard.press("Enter")
        takes_answers(self.page)

    def read(self):
        """Search the meeting, look at the help."""
        page = self.page
        if self.touch:
            page.locator("[data-transcript-toggle]").tap()
            page.locator("[data-search]").fill("friday")
        else:
            page.keyboard.press("/")
            page.keyboard.type("friday")
            page.keyboard.press("Enter")
        expect(page.locator("mark.current")).to_be_visible()
        self.look("search")
        if self.touch:
            page.locator("[data-search]").fill("")
            page.locator("[data-transcript-toggle]").tap()
            return
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        self.look("help")
        page.keyboard.press("Escape")

    def comment(self, words):
        if self.touch:
            self.page.locator("#comment-text").tap()
            self.page.keyboard.type(words)
            self.page.get_by_role("button", name=self.text("Save comment")).tap()
        else:
            self.page.keyboard.press("c")
            self.page.keyboard.type(words)
            self.page.keyboard.press("Control+Enter")
            self.page.keyboard.press("Escape")
        self.told("Saved")

    def answer(self, **choices):
        takes_answers(self.page)
        for criterion, choice in choices.items():
            if self.touch:
                self.page.locator(f"[data-question={criterion}] [value={choice}]").tap()
            else:
                self.page.keyboard.press(KEYS[choice])

    def undo(self, answer):
        takes_answers(self.page)
        if self.touch:
            self.page.get_by_role("button", name=self.text("Undo")).tap()
        else:
            self.page.keyboard.press("u")
        said = self.text("Taken back: %(answer)s") % {"answer": self.text(answer)}
        expect(self.page.get_by_role("status").first).to_have_text(said)

    def skip(self):
        takes_answers(self.page)
        shown = self.page.locator("[data-pair]").get_attribute("data-token")
        reason = self.page.get_by_label(self.text("I cannot judge this subject"))
        if self.touch:
            self.page.get_by_text(self.text("Skip or report")).tap()
            reason.tap()
            self.look("skip")
            self.page.get_by_role("button", name=self.text("Skip this pair")).tap()
        else:
            self.page.keyboard.press("s")
            self.page.keyboard.press("ArrowDown")
            expect(reason).to_be_checked()
            self.look("skip")
            for key in ("Tab", "Tab", "Enter"):
                self.page.keyboard.press(key)
        expect(self.page.locator(f"[data-token='{shown}']")).to_have_count(0)

    def told(self, english):
        expect(self.page.get_by_role("status").first).to_have_text(self.text(english))

    def rated(self, done):
        numbers = rf"\D*{done}\D+\d+\D*"
        expect(self.page.locator("[data-progress]")).to_have_text(re.compile(rf"^{numbers}$"))


@pytest.fixture
def study():
    made = make_study(
        systems=2, documents=3, criteria=("overall", "fluency"), completion_code="C0FFEE", guidelines="1. 2. 3."
    )
    made.criteria.filter(key="fluency").update(question="Which summary reads better?")
    return made


DESK = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize(
    ("screen", "locale", "language", "touch"),
    [
        pytest.param(DESK, "en-GB", "en", False, id="keyboard"),
        pytest.param(PHONE, "en-GB", "en", True, id="phone"),
        pytest.param(DESK, "zh-CN", "zh-hans", False, id="Chinese, keyboard"),
        pytest.param(PHONE, "zh-CN", "zh-hans", True, id="Chinese, phone"),
    ],
)
def test_from_the_invitation_to_the_code(new_page, study, screen, locale, language, touch):
    # The policy of the site allows no script from elsewhere, and axe is one.
    me = Traveller(new_page(locale=locale, bypass_csp=True, **screen), language, touch)
    (invitation,) = invite(study, "email", None, addresses=["somebody@example.org"])
    me.page.goto(single_path(invitation))
    me.look("invitation")
    me.start()
    me.rated(0)
    me.read()
    me.comment("1, 2, 3: ✓")
    me.answer(overall="left", fluency="tie")
    me.rated(1)
    me.undo("Equally good")
    me.rated(0)
    expect(me.page.locator("#comment-text")).to_have_value("1, 2, 3: ✓")
    me.answer(fluency="right")
    me.rated(1)
    me.look("second pair")
    me.skip()
    me.rated(1)
    me.answer(overall="both_bad", fluency="right")
    expect(me.page.get_by_role("heading", level=1)).to_have_text(me.text("Thank you, that was all"))
    expect(me.page.locator("[data-completion-code]")).to_have_text("C0FFEE")
    expect(me.page.locator("[data-rated]")).to_have_text("2")
    me.look("nothing left")
    assert len(me.seen) == (5 if touch else 6)

    assert list(Annotator.objects.values_list("invitation", flat=True)) == [invitation.pk]
    assert Judgement.objects.count() == 4
    assert [r.outcome for r in JudgementRevision.objects.order_by("pk")].count("") == 1
    assert JudgementRevision.objects.count() == 6
    said = Remark.objects.order_by("pk").values_list("kind", "reason", "text")
    assert list(said) == [("comment", "", "1, 2, 3: ✓"), ("skip", "subject", "")]


# ---- choosing the language


def test_the_language_is_switched_without_losing_the_pair_or_a_comment(new_page, study):
    page = new_page(locale="en-GB")
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    shown = page.locator("[data-pair]").get_attribute("data-token")
    address = page.url
    page.locator("#comment-text").fill("Half a thought")
    page.get_by_role("button", name="简体中文").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="按键")).to_be_visible()
    assert page.url == address
    assert page.locator("[data-pair]").get_attribute("data-token") == shown
    expect(page.locator("#comment-text")).to_have_value("Half a thought")
    expect(page.get_by_role("button", name="简体中文")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    expect(page.locator("#comment-text")).to_have_value("Half a thought")
    assert not Remark.objects.exists()


def test_a_language_chosen_in_another_tab_takes_the_whole_page_along(new_page, study):
    page = new_page(locale="en-GB")
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").click()
    next_is_fetched_ahead(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="简体中文").click()
    expect(other.get_by_role("button", name="按键")).to_be_visible()
    for _ in range(2):  # the next pair is there in English already, the one after comes in Chinese
        takes_answers(page)
        page.keyboard.press("1")
        page.keyboard.press("1")
        expect(page.locator("[data-progress]")).to_contain_text(f"{_ + 1}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator("[data-pair]")).to_have_attribute("lang", "zh-hans")
    assert Judgement.objects.count() == 4


def test_what_the_scripts_say_is_chinese(new_page, study, complaints):
    page = new_page(locale="zh-CN")
    page.goto(invitation_path(study))
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("button", name="按键")).to_be_visible()
    page.locator("[data-search]").fill("the")
    expect(page.locator("[data-hits]")).to_have_text(re.compile(r"^第 1 处，共 \d+ 处$"))
    page.locator("[data-search]").fill("nowhere")
    expect(page.locator("[data-hits]")).to_have_text("没有匹配")
    page.locator("[data-transcript-toggle]").click()
    expect(page.locator("[data-transcript-toggle]")).to_have_text("展开")
    page.route("**/vote", lambda route: route.abort("connectionreset"))
    takes_answers(page)
    page.locator("[data-question=overall] [value=left]").click()
    expect(page.get_by_role("status").first).to_have_text("尚未保存：没有网络连接。正在重试……")
    page.unroute("**/vote")
    expect(page.get_by_role("status").first).to_have_text("已保存")
    complaints.clear()  # the cut connection
