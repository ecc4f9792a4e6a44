"""Evidence on the rating page in a real browser: by keyboard, with the mouse, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from annotations.models import Judgement, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.people.links import invitation_path
from models_runner.models import Summary
from tests.browser.rating import join, press_until_next_pair, rated
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "The lift is broken. Nobody knows why. The party is on Friday."
TURNS = [{"speaker": "Maya", "content": f"Point <i>{n}</i> of the agenda."} for n in range(1, 61)]


def span(sentence, *numbers):
    turns = [{"number": number, "score": 0.9} for number in numbers]
    return {"start": TEXT.index(sentence), "end": TEXT.index(sentence) + len(sentence), "turns": turns}


def study_with_evidence(**counts):
    made = make_study(**counts)
    spans = [span("The lift is broken.", 40, 12, 41), span("Nobody knows why."), span("The party is on Friday.", 5)]
    for summary in Summary.objects.select_related("document__transcript"):
        summary.text = TEXT
        summary.save()
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{METHOD}|test")
        summary.document.transcript.turns = TURNS
        summary.document.transcript.save()
    return made


@pytest.fixture
def study():
    return study_with_evidence(systems=2, documents=2)


@pytest.fixture
def page(new_page, study):
    page = join(new_page(viewport={"width": 1280, "height": 800}), study)
    expect(page.locator("[data-evidence-hint]")).to_be_visible()  # the script has started
    return page


@pytest.fixture
def slow_scripts(new_page, study):
    """A page that somebody uses before its scripts have come."""
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(invitation_path(study))
    held = []
    page.route("**/annotations/evidence*.js", lambda route: held.append(route))
    page.get_by_role("button", name="Start").click(no_wait_after=True)
    expect(page.locator("[data-pair]")).to_be_visible()
    yield page, lambda: [route.continue_() for route in held]


def test_a_sentence_focused_before_the_script_came_is_marked_then(slow_scripts):
    page, let_them_come = slow_scripts
    sentence(page, 0).evaluate("element => (element.tabIndex = 0)")
    page.locator(".summaries").focus()
    page.keyboard.press("Tab")
    expect(sentence(page, 0)).to_be_focused()
    expect_marked(page)
    let_them_come()
    expect_marked(page, 12, 40, 41)


def sentence(page, index, side=0):
    return page.locator(".summary-text").nth(side).locator(".sentence").nth(index)


def tab_to_the_first_sentence(page):
    page.locator(".summaries").focus()
    page.keyboard.press("Tab")
    expect(sentence(page, 0)).to_be_focused()


def expect_marked(page, *numbers):
    expect(page.locator(".may-support .turn-number")).to_have_text([str(number) for number in numbers])


def said(page):
    return page.locator("[data-evidence-said]")


def in_sight(page, number):
    """The turn lies within what the transcript's pane shows."""
    return page.evaluate(
        """n => {
            const box = document.querySelector("[data-turns]"), turn = box.children[n - 1];
            const [b, t] = [box.getBoundingClientRect(), turn.getBoundingClientRect()];
            return t.top >= b.top && t.bottom <= b.bottom;
        }""",
        number,
    )


def test_a_sentence_with_the_focus_marks_its_turns(page):
    assert not in_sight(page, 40)
    tab_to_the_first_sentence(page)
    expect_marked(page, 12, 40, 41)
    expect(said(page)).to_have_text("3 turns may support this sentence: 12, 40, 41")
    expect(page.locator(".turn.current .turn-number")).to_have_text("40")
    assert in_sight(page, 40)
    page.keyboard.press("e")
    page.keyboard.press("e")
    expect(page.locator(".turn.current .turn-number")).to_have_text("12")
    assert in_sight(page, 12)
    assert not Judgement.objects.exists()


def test_arrows_go_from_sentence_to_sentence_and_tab_to_the_other_summary(page):
    tab_to_the_first_sentence(page)
    page.keyboard.press("ArrowRight")
    expect(sentence(page, 1)).to_be_focused()
    expect_marked(page)
    expect(said(page)).to_have_text("No support found in the transcript: check it yourself.")
    page.keyboard.press("ArrowDown")
    expect_marked(page, 5)
    expect(said(page)).to_have_text("1 turn may support this sentence: 5")
    page.keyboard.press("Tab")
    expect(sentence(page, 0, side=1)).to_be_focused()
    expect_marked(page, 12, 40, 41)
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("Shift+Tab")
    expect(sentence(page, 2)).to_be_focused()


def test_escape_clears_and_enter_marks_again(page):
    tab_to_the_first_sentence(page)
    page.keyboard.press("Escape")
    expect_marked(page)
    expect(said(page)).to_have_text("")
    expect(page.locator("[data-evidence]")).to_be_hidden()
    expect(sentence(page, 0)).to_be_focused()
    page.keyboard.press("Enter")
    expect_marked(page, 12, 40, 41)


def test_a_click_marks_and_the_buttons_lead_to_the_turns(page):
    sentence(page, 0, side=1).click()
    expect_marked(page, 12, 40, 41)
    page.get_by_role("button", name="Go to turn 41").click()
    expect(page.locator(".turn.current .turn-number")).to_have_text("41")
    assert page.evaluate("document.activeElement.matches('.turn.current')")
    assert in_sight(page, 41)
    page.keyboard.press("Escape")
    expect_marked(page)
    expect(sentence(page, 0, side=1)).to_be_focused()


def test_a_folded_transcript_opens(page):
    page.get_by_role("button", name="Hide").click()
    sentence(page, 0).click()
    expect(page.locator("#transcript-body")).to_be_visible()
    assert in_sight(page, 40)


def test_votes_work_with_a_sentence_in_focus_and_the_next_pair_starts_without_marks(page):
    tab_to_the_first_sentence(page)
    press_until_next_pair(page, "1")
    rated(page, 1)
    expect_marked(page)
    tab_to_the_first_sentence(page)
    expect_marked(page, 12, 40, 41)
    press_until_next_pair(page, "2")
    assert Judgement.objects.count() == 2


def test_marks_do_not_stay_in_a_transcript_that_stays(new_page):
    page = join(new_page(viewport={"width": 1280, "height": 800}), study_with_evidence(systems=3, documents=1))
    page.locator("[data-turns]").evaluate("turns => (turns.kept = true)")
    sentence(page, 0).click()
    expect_marked(page, 12, 40, 41)
    press_until_next_pair(page, "1")
    rated(page, 1)
    assert page.locator("[data-turns]").evaluate("turns => turns.kept")
    expect_marked(page)
    sentence(page, 2).click()
    expect_marked(page, 5)


def test_on_a_phone_the_turns_are_quoted_in_sight_of_the_sentence(new_page, study):
    page = join(new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True), study)
    expect(page.locator("#transcript-body")).to_be_hidden()
    sentence(page, 0, side=1).tap()
    panel = page.locator("[data-evidence]")
    expect(panel.locator("li p")).to_have_text([f"Maya Point <i>{n}</i> of the agenda." for n in (12, 40, 41)])
    expect(panel).to_be_in_viewport(ratio=1)
    expect(sentence(page, 0, side=1)).to_be_in_viewport(ratio=1)
    apart = """() => {
        const [one, other] = [".sentence[aria-pressed=true]", "[data-evidence]"].map((s) => document.querySelector(s));
        return one.getBoundingClientRect().bottom <= other.getBoundingClientRect().top;
    }"""
    assert page.evaluate(apart)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Go to turn 40").tap()
    expect(page.locator(".turn.current")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Clear the marks").tap()
    expect(panel).to_be_hidden()
    expect_marked(page)


def test_without_evidence_of_both_the_texts_are_plain(new_page, study):
    SummaryEvidence.objects.filter(summary__in=study.comparisons.values("summary_b")).delete()
    page = join(new_page(), study)
    expect(page.locator(".sentence")).to_have_count(0)
    expect(page.locator("[data-evidence-hint]")).to_have_count(0)
    page.locator(".summary-text").first.click()
    expect_marked(page)


def test_without_javascript_the_texts_are_plain_to_the_keyboard(new_page, study):
    from annotations.people.links import invitation_path

    page = new_page(java_script_enabled=False)
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".summary-text").first).to_have_text(re.compile("The lift is broken. Nobody knows why."))
    assert page.locator(".sentence[tabindex], .sentence[role]").count() == 0
    expect(page.locator("[data-evidence-hint]")).to_be_hidden()


# ---- rendered Markdown

MARKDOWN = "## Plan\n\n- The **lift** is broken.\n\n| who | what |\n|---|---|\n| Maya | calls the plumber |\n"


@pytest.fixture
def rendered(new_page):
    made = make_study(systems=2, documents=1, summary_format="rendered")
    lines = [("The **lift** is broken.", 40, 12), ("| Maya | calls the plumber |", 5)]
    spans = [
        {
            "start": MARKDOWN.index(line),
            "end": MARKDOWN.index(line) + len(line),
            "turns": [{"number": n} for n in turns],
        }
        for line, *turns in lines
    ]
    for summary in Summary.objects.select_related("document__transcript"):
        Summary.objects.filter(pk=summary.pk).update(text=MARKDOWN)
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{METHOD}|test")
        summary.document.transcript.turns = TURNS
        summary.document.transcript.save()
    page = join(new_page(viewport={"width": 1366, "height": 650}), made)
    expect(page.locator("[data-evidence-hint]")).to_be_visible()
    return page


def pressed(page):
    return page.locator(".sentence[aria-pressed=true]")


def test_a_sentence_with_bold_words_is_one_mark(rendered):
    sentence(rendered, 0).click()
    expect(pressed(rendered)).to_have_text(["The lift is broken."])
    expect_marked(rendered, 12, 40)


def test_the_cells_of_a_row_light_up_together_and_go_out_together(rendered):
    sentence(rendered, 2).click()
    expect(pressed(rendered)).to_have_text(["Maya", "calls the plumber"])
    expect_marked(rendered, 5)
    sentence(rendered, 0).click()
    expect(pressed(rendered)).to_have_text(["The lift is broken."])
    rendered.keyboard.press("Escape")
    expect(pressed(rendered)).to_have_count(0)


def test_a_wide_table_scrolls_in_its_card_on_a_phone(new_page):
    made = make_study(systems=2, documents=1)
    wide = (
        "|"
        + "a column with a long name|" * 9
        + "\n|"
        + "---|" * 9
        + "\n|"
        + "a cell|" * 9
        + "\n\n```\n"
        + "x" * 300
        + "\n```"
    )
    Summary.objects.update(text=wide)
    page = join(new_page(viewport={"width": 360, "height": 740}), made)
    box = page.locator(".table-box").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("pre").first.evaluate("box => box.scrollWidth <= box.clientWidth")
