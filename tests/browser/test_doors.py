"""From a pasted transcript and an endpoint to two summaries side by side, in the browser alone."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from annotations.models import Comparison
from models_runner.models import Document, Run, System, Trial
from models_runner.runs.generation import work_on_run
from models_runner.runs.trials import work_on_trial
from tests.factories import UserFactory
from tests.servers.endpoint import always, completion, endpoint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZOOM = """00:00:03 Ana Ruiz: We open the hall on Monday.
00:00:09 Ben Ode (he/him): I bring the keys at eight.
00:00:15 Ana Ruiz: Good. Decision made.
00:00:20 Hall Clock: it strikes nine
"""
VIEWS = {
    "desk light": {"viewport": {"width": 1366, "height": 650}, "color_scheme": "light"},
    "phone dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(params=VIEWS)
def page(request, new_page, live_server):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = new_page(**VIEWS[request.param])
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    return page


def fits(page):
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def import_meeting(page):
    page.goto("/datasets/")
    page.get_by_role("link", name="Import meetings").first.click()
    fits(page)
    page.get_by_label("Or paste a transcript").fill(ZOOM)
    page.get_by_label("Id of the pasted meeting").fill("opening")
    page.get_by_label("Dataset").fill("hall")
    page.get_by_role("button", name="Show what is in it").click()
    expect(page.get_by_role("heading", name="What is in it")).to_be_visible()
    fits(page)
    assert not Document.objects.exists()
    page.get_by_label("Hall Clock").fill("")
    page.get_by_label("Ben Ode").fill("Ben Ode-Lang")
    page.get_by_role("button", name="Apply corrections").click()
    expect(page.locator(".transcript .turn-speaker").nth(1)).to_have_text("Ben Ode-Lang")
    page.get_by_role("button", name="Import 1 document").click()
    expect(page.get_by_role("link", name="opening")).to_be_visible()


def make_system(page, server, slug):
    page.goto("/systems/")
    page.get_by_role("link", name="New system").click()
    fits(page)
    page.get_by_role("link", name="An endpoint that speaks the OpenAI protocol").click()
    fits(page)
    values = {"slug": slug, "name": slug.capitalize(), "model_id": "big", "engine_base_url": server.url}
    for name, value in (values | {"context_window": "4096"}).items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#trial")).to_contain_text("Waiting for a worker")
    work_on_trial(Trial.objects.first().pk, owner="worker")
    expect(page.locator("#trial")).to_contain_text("The endpoint answered")
    page.get_by_role("button", name="Try on one document").click()
    expect(page.locator("#trial")).to_contain_text("Waiting for a worker")
    work_on_trial(Trial.objects.first().pk, owner="worker")
    expect(page.locator("#trial .summary-text")).to_have_text("The hall opens on Monday.")
    page.get_by_text("The exact prompt").click()
    expect(page.locator("#trial pre.prompt")).to_contain_text("Ben Ode-Lang: I bring the keys at eight.")
    fits(page)
    assert not System.objects.exists()
    page.get_by_role("button", name="Create system").click()
    expect(page.get_by_role("heading", name=slug, exact=True)).to_be_visible()


def start_run(page, slug):
    page.goto(f"/runs/?system={slug}&dataset=hall#start")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name=f"{slug} on hall")).to_be_visible()
    work_on_run(Run.objects.get(system__slug=slug).pk, owner="worker")


@pytest.mark.parametrize("page", ["phone dark"], indirect=True)  # on a desk: test_decision.py
def test_from_a_pasted_transcript_and_an_endpoint_to_two_summaries(page):
    with endpoint(always(200, completion("The hall opens on Monday.")), models=["big"]) as server:
        import_meeting(page)
        make_system(page, server, "far")
        start_run(page, "far")
        expect(page.locator("#run-summaries")).to_contain_text("The hall opens on Monday.")
    start_run(page, "lead-3")
    page.goto(Document.objects.get().get_absolute_url())
    expect(page.get_by_text("The hall opens on Monday.")).to_be_visible()
    expect(page.locator("[aria-labelledby=summaries]").get_by_text("We open the hall on Monday.").first).to_be_visible()
    page.goto("/studies/new/")
    page.get_by_label("Title").fill("Which one?")
    page.get_by_label("Short name").fill("which")
    page.get_by_label("Dataset").select_option("hall")
    page.get_by_role("button", name="Next: Who").click()
    for slug in ("far", "lead-3"):
        page.get_by_label(slug, exact=True).check()
    page.get_by_role("link", name="When").click()
    expect(page.locator("[data-live]")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Create and open").click()
    expect(page.get_by_role("heading", name="Which one?")).to_be_visible()
    page.goto(f"/studies/which/pairs/{Comparison.objects.get().pk}/")
    expect(page.get_by_text("The hall opens on Monday.")).to_be_visible()
    expect(page.get_by_text("We open the hall on Monday.").first).to_be_visible()
    fits(page)


def test_a_wrong_form_keeps_its_files_and_a_preview_is_read_once(page, tmp_path, complaints):
    call = tmp_path / "call.txt"
    call.write_text(ZOOM)
    page.goto("/import-meetings/")
    page.locator("[type=file]").set_input_files(call)
    page.get_by_label("Dataset").fill("two, words")
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.resource_type)))
    page.get_by_role("button", name="Show what is in it").click()
    expect(page.locator(".errorlist")).to_be_visible()
    assert asked == [("POST", "xhr")]
    # The browser says of itself that the form was refused.
    assert [said.partition("status of ")[2] for said in complaints] == ["400 (Bad Request)"]
    complaints.clear()
    asked.clear()
    page.get_by_label("Dataset").fill("hall")
    page.get_by_role("button", name="Show what is in it").click()
    expect(page.get_by_role("heading", name="What is in it")).to_be_visible()
    pages = [one for one in asked if one[1] in ("xhr", "document")]
    assert pages == [("POST", "xhr"), ("GET", "document")]
    expect(page.locator("[name=document_id]")).to_have_value("call")
