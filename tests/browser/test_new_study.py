"""A new study in four steps: by keyboard to an open study, kept over reloads, readable, and without any script."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from annotations.models import Study
from tests.browser.test_accessibility import SCREENS, violations
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, SystemFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def systems():
    dataset = DatasetFactory(name="meetings")
    documents = [DocumentFactory(dataset=dataset, position=n, title=f"Meeting {n}") for n in range(12)]
    sizes = {"tiny": 500_000_000, "huge": 70_000_000_000}
    systems = [SystemFactory(slug=slug, parameters=size) for slug, size in sizes.items()]
    for system in systems:
        run = RunFactory(system=system, dataset=dataset)
        for document in documents:
            SummaryFactory(run=run, document=document)
    return systems


@pytest.fixture
def logged_in(new_page, live_server, systems):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    name = settings.SESSION_COOKIE_NAME

    def open_page(**options):
        page = new_page(**options)
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return page

    return open_page


def type_into(page, label, text):
    field = page.get_by_label(label, exact=False).first
    expect(field).to_be_visible()  # a step is shown a moment after the button that leads to it
    field.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def looked_at(page):
    """Wait until the page says what the study would be as it is filled in now; leaving earlier ends a request."""
    expect(page.locator("[data-live]")).to_have_attribute("aria-busy", "false")


def press(page, name):
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def choose_systems(page):
    for slug in ("tiny", "huge"):
        page.get_by_role("checkbox", name=slug, exact=True).focus()
        page.keyboard.press("Space")
    for label, slug in (("Small system", "tiny"), ("Large system", "huge")):
        page.get_by_label(label).focus()
        page.keyboard.type(slug)


def test_by_keyboard_from_nothing_to_an_open_study(logged_in):
    page = logged_in(viewport={"width": 1366, "height": 650})
    page.goto("/studies/new/")
    type_into(page, "Title", "Tiny or huge?")
    expect(page.get_by_label("Short name")).to_have_value("tiny-or-huge")
    page.get_by_label("Title").focus()
    page.keyboard.press("Enter")  # goes on; makes nothing
    expect(page.get_by_role("heading", name="2. Who")).to_be_focused()
    choose_systems(page)
    expect(page.locator("#has-tiny")).to_have_text("12 of 12")
    expect(page.locator("[data-pair-preview]")).to_contain_text("Meeting 0")
    press(page, "Next: How")
    press(page, "Next: When")
    type_into(page, "Annotators expected", "6")
    expect(page.locator("#forecast")).to_contain_text("on each of 12 documents, by 6 annotators")
    expect(page.locator(".chance-line.planned")).to_have_count(1)
    assert not Study.objects.exists()
    looked_at(page)
    press(page, "Create and open")
    expect(page.get_by_role("heading", name="Tiny or huge?")).to_be_visible()
    study = Study.objects.get()
    assert (study.slug, study.status, study.comparisons.count()) == ("tiny-or-huge", "open", 12)
    assert (study.small_system.slug, study.large_system.slug) == ("tiny", "huge")
    page.goto("/studies/new/")  # nothing of it is left
    expect(page.get_by_label("Title")).to_have_value("")
    looked_at(page)


def test_going_back_reloading_and_errors_lose_nothing(logged_in, complaints):
    page = logged_in()
    page.goto("/studies/new/")
    type_into(page, "Title", "Kept")
    press(page, "Next: Who")
    choose_systems(page)
    page.go_back()
    expect(page.get_by_role("heading", name="1. What")).to_be_visible()
    page.go_forward()
    looked_at(page)
    page.reload()
    expect(page.get_by_role("heading", name="2. Who")).to_be_visible()
    expect(page.get_by_role("checkbox", name="tiny", exact=True)).to_be_checked()
    page.get_by_label("Large system").select_option("tiny")
    expect(page.locator("#problems-large_system")).to_contain_text("are the same")
    page.get_by_role("link", name="When").click()
    looked_at(page)
    page.get_by_role("button", name="Create and open").click()
    expect(page.locator("#who .errorlist")).to_contain_text("are the same")
    expect(page.get_by_role("heading", name="2. Who")).to_be_focused()
    page.get_by_role("link", name="What").click()
    expect(page.get_by_label("Title")).to_have_value("Kept")
    looked_at(page)
    assert ["400" in said for said in complaints] == [True]  # the browser's own word on the refused form
    complaints.clear()


def test_only_ticked_systems_are_offered_and_a_fault_stands_at_the_field(logged_in):
    SystemFactory(slug="other", parameters=1_000_000_000)
    page = logged_in()
    page.goto("/studies/new/")
    page.get_by_role("link", name="Who").click()
    offered = {
        name: page.get_by_label(name).locator("option:not([hidden])") for name in ("Small system", "Large system")
    }
    for options in offered.values():
        expect(options).to_have_count(1)  # "Best ... by the votes"
    choose_systems(page)
    for options in offered.values():
        expect(options).to_have_text([re.compile("^Best "), "huge", "tiny"])
    page.get_by_role("checkbox", name="tiny", exact=True).uncheck()
    page.get_by_role("checkbox", name="other", exact=True).check()
    expect(offered["Large system"]).to_have_text([re.compile("^Best "), "huge", "other"])
    expect(page.get_by_label("Small system")).to_have_value("tiny")  # what was chosen does not change by itself
    fault = page.locator("#problems-small_system")
    expect(fault).to_contain_text("tiny is not one of the study's systems.")
    expect(page.locator("#problems-who")).not_to_contain_text("is not one of")
    page.get_by_role("checkbox", name="tiny", exact=True).check()
    expect(fault).to_be_empty()
    looked_at(page)
    page.reload()
    expect(page.get_by_label("Small system")).to_have_value("tiny")
    expect(offered["Small system"]).to_have_count(4)
    looked_at(page)


def test_a_copy_of_the_tab_makes_no_second_study(logged_in):
    page = logged_in()
    page.goto("/studies/new/")
    type_into(page, "Title", "Once")
    press(page, "Next: Who")
    choose_systems(page)
    looked_at(page)
    copy = page.context.new_page()
    copy.goto("/studies/")
    kept = page.evaluate("sessionStorage.getItem('new-study')")
    copy.evaluate("kept => sessionStorage.setItem('new-study', kept)", kept)  # as a browser does for a copied tab
    copy.goto("/studies/new/#when")
    looked_at(copy)
    for tab in (page, copy):
        tab.get_by_role("link", name="When").click()
        looked_at(tab)
        tab.get_by_role("button", name="Create and open").click()
        expect(tab.get_by_role("heading", level=1)).to_contain_text("Once")
    expect(copy.get_by_text("This form had made its study before")).to_be_visible()
    assert Study.objects.count() == 1


@pytest.mark.parametrize("screen", SCREENS)
def test_no_step_breaks_a_serious_rule_and_each_fits_the_screen(logged_in, screen):
    page = logged_in(bypass_csp=True, **screen)
    page.goto("/studies/new/")
    page.get_by_label("Title").fill("T")
    page.get_by_role("link", name="Who").click()
    choose_systems(page)
    page.get_by_role("link", name="When").click()
    expect(page.locator(".chance-picture")).to_be_visible()
    looked_at(page)
    for step in ("What", "Who", "How", "When"):
        page.get_by_role("link", name=step).click()
        assert (step, violations(page)) == (step, {})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), step


def test_without_a_script_it_is_one_form_that_looks_when_asked(logged_in):
    page = logged_in(java_script_enabled=False)
    page.goto("/studies/new/")
    page.get_by_label("Title").fill("Plain")
    for slug in ("tiny", "huge"):
        page.get_by_role("checkbox", name=slug, exact=True).check()
    page.get_by_role("button", name="Next: When").click()
    expect(page.locator("#forecast")).to_contain_text("votes on the two systems in question")
    expect(page.locator("[data-pair-preview]")).to_be_visible()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", name="Plain")).to_be_visible()
    assert Study.objects.get().status == "draft"


def test_a_system_ticked_before_the_list_of_another_dataset_comes_stays_ticked(logged_in):
    DatasetFactory(name="others")
    page = logged_in()
    page.goto("/studies/new/")
    looked_at(page)
    waiting = []
    page.route("**/studies/new/live", lambda route: waiting.append(route), times=1)
    with page.expect_request("**/studies/new/live"):
        page.get_by_label("Dataset").select_option("meetings")
    page.get_by_role("button", name="Next: Who").click()
    page.get_by_role("checkbox", name="tiny", exact=True).check()
    waiting[0].continue_()
    expect(page.locator("#has-tiny")).to_have_text("12 of 12")
    looked_at(page)
    expect(page.get_by_role("checkbox", name="tiny", exact=True)).to_be_checked()
