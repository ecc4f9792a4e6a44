"""What people come to by clicks, against axe-core's rules: no serious violation. Every address is in test_every_page.py."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from annotations.models import PersonalAnswer, Study
from annotations.people.links import invitation_path
from annotations.studies.consent import set_consent_text
from annotations.studies.personal_questions import parse_questions, set_questions
from models_runner.models import Document, Summary
from tests.annotations.helpers import make_gold
from tests.browser.rating import takes_answers
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tools.accessibility import checks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")
SCREENS = [
    pytest.param({"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"}, id="desk light"),
    pytest.param({"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}, id="phone dark"),
]


def violations(page):
    """Rule, and the elements that break it."""
    found = [rule for rule in checks.violations(page) if rule["impact"] in SERIOUS]
    return {rule["id"]: [node["html"][:200] for node in rule["nodes"]] for rule in found}


@pytest.fixture
def open_page(new_page):
    # The policy of the site allows no script from elsewhere, and axe is one.
    return lambda **options: new_page(bypass_csp=True, **options)


@pytest.mark.parametrize("screen", SCREENS)
def test_annotators_pages(open_page, screen):
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"), strength="required", break_minutes=30)
    Study.objects.update(guidelines="Read first.\nThen judge.", completion_code="C0FFEE")
    Summary.objects.update(
        text="### Plan\n# Next\n- [ ] call\n\n|who|what|\n|-|-|\n|Li|`x`|\n\n> yes\n\n---\n```\ny\n```"
    )
    page = open_page(**screen)
    page.goto(invitation_path(study))
    assert violations(page) == {}
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-pair]")).to_be_visible()
    assert violations(page) == {}
    page.get_by_text("Skip or report").click()
    assert violations(page) == {}
    page.keyboard.press("Escape")
    page.get_by_text("Menu").click()
    assert violations(page) == {}
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page) == {}
    study.comparisons.update(quota=1, taken=1)
    study.annotators.get().assignments.update(state="expired", slot=None, lease_until=None)
    page.reload()
    expect(page.get_by_text("C0FFEE")).to_be_visible()
    assert violations(page) == {}


@pytest.mark.parametrize("screen", SCREENS)
def test_practice(open_page, screen):
    study = make_study(systems=2, documents=2)
    make_gold(study.comparisons.first(), purpose="training", explanation="{A} names the date.")
    page = open_page(**screen)
    page.goto(invitation_path(study))
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Practice 1 of 1", exact=True)).to_be_visible()
    assert violations(page) == {}
    takes_answers(page)
    page.get_by_role("button", name="Equally good").click()
    expect(page.get_by_role("heading", level=1, name="Not as expected")).to_be_visible()
    page.get_by_text("Transcript").click()
    assert violations(page) == {}


@pytest.mark.parametrize("screen", SCREENS)
def test_everybody_on_the_page_is_chosen_at_once(open_page, live_server, screen):
    study = make_study(systems=2, documents=2, slug="s")
    for number in (1, 2):
        AnnotatorFactory(study=study, number=number)
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    page = open_page(**screen)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page.goto("/studies/s/quality/")
    everybody = page.get_by_label("Select all on this page")
    page.locator("#chosen-reason").fill("One agency.")
    page.get_by_role("button", name="Exclude selected annotators").click()
    first = page.get_by_label("Select annotator-001")
    assert first.evaluate("(box) => box.validationMessage") == "Select at least one annotator first."
    expect(page.locator("#chosen-reason")).to_have_value("One agency.")
    page.get_by_label("Select annotator-002").check()
    assert everybody.evaluate("(box) => box.indeterminate")
    everybody.check()
    expect(page.get_by_label("Select annotator-001")).to_be_checked()
    page.get_by_role("button", name="Exclude selected annotators").click()
    expect(page.get_by_text("2 annotators excluded.")).to_be_visible()
    assert study.annotators.filter(excluded_at=None).count() == 0


def test_the_rules_find_something(open_page, complaints):
    page = open_page()
    page.goto(invitation_path(make_study()))
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/x.png><input>')")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert {"html-has-lang", "image-alt", "label"} <= set(violations(page))
    complaints.clear()  # the picture that is not there


@pytest.mark.parametrize("screen", SCREENS)
def test_joining_and_leaving(open_page, screen):
    study = make_study(systems=2, documents=2)
    first = study.comparisons.order_by("document").first().document
    Document.objects.filter(pk=first.pk).update(language="zh")
    set_consent_text(study, "You may **stop** at any time.", None)
    lines = (
        "choice | Your first language? | English; Chinese\nscale | How tired? | 1-5; not; very\ntext | What do you do?"
    )
    set_questions(study, "before", parse_questions(lines), None)
    set_questions(study, "after", parse_questions("text | How was it?"), None)
    page = open_page(**screen)
    page.goto(invitation_path(study))
    for language in ("中文", "English"):
        page.get_by_label(language).check()
    assert violations(page) == {}
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Before you begin")).to_be_visible()
    assert violations(page) == {}
    page.get_by_label("I have read this and agree.").check()
    page.get_by_label("2", exact=True).check()
    page.get_by_role("button", name="Begin").click()
    takes_answers(page)
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Languages I read").click()
    expect(page.get_by_label("中文")).to_be_checked()
    assert violations(page) == {}
    page.get_by_role("link", name="Go on rating").click()
    for _ in range(2):
        takes_answers(page)
        shown = page.locator("[data-pair]").get_attribute("data-token")
        page.get_by_role("button", name="Equally good").click()
        expect(page.locator(f"[data-token='{shown}']")).to_have_count(0)
    expect(page.get_by_role("heading", name="Before you go")).to_be_visible()
    assert violations(page) == {}
    page.get_by_label("How was it?").fill("Fine.")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="What you did")).to_be_visible()
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert sorted(PersonalAnswer.objects.values_list("text", flat=True)) == ["", "", "2", "Fine."]
