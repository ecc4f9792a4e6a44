"""A judge in the browser: added from a rubric, asked about a study, read, and its board in place of people's."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, ReportJob
from judges.report.serve import work_on_report
from models_runner.adapters.registry import unload_all
from tests.factories import SystemFactory, UserFactory
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study():
    """People prefer the first system; the model that is to judge always answers A."""
    engine = {"default": '{"reason": "It names the date.", "verdict": "A"}'}
    SystemFactory(slug="always-a", adapter="scripted", context_window=4096, engine=engine)
    yield make_rated_study(systems=3, documents=8)
    unload_all()


@pytest.fixture
def page(new_page, live_server, study):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    name, page = settings.SESSION_COOKIE_NAME, new_page()
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return page


def test_from_a_rubric_to_a_board_of_the_judge(page, study):
    page.goto("/judges/")
    page.get_by_role("link", name="New judge").click()
    page.get_by_label("Name").fill("strict")
    page.get_by_label("Model").select_option("always-a")
    page.get_by_role("button", name="Add the judge").click()
    expect(page.get_by_role("row", name="strict")).to_contain_text("ready")

    page.goto(f"/studies/{study.slug}/judges/")
    page.locator("select[name=judge]").select_option("strict")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("row", name="strict")).to_contain_text("0 / 48")
    work_on_judging(JudgingJob.objects.get().pk, owner="here/1:1:1:1")
    # The page looks again by itself.
    expect(page.get_by_role("row", name="strict")).to_contain_text("48 / 48")

    page.get_by_role("link", name="strict").click()
    expect(page.get_by_role("heading", name="Judge strict")).to_be_visible()
    expect(page.get_by_text("It nearly always prefers the summary that is shown first")).to_be_visible()
    expect(page.get_by_role("row", name="Answers that change with the order")).to_contain_text("100")
    page.get_by_role("link", name="The board of its verdicts").click()
    expect(page.get_by_role("heading", name=f"{study.title}: judge strict")).to_be_visible()
    page.get_by_label("Answers of").select_option("people helped by judge strict")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name=f"{study.title}: people helped by judge strict")).to_be_visible()
    page.get_by_label("Answers of").select_option("people")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name=study.title, exact=True)).to_be_visible()


def test_figures_that_a_worker_computes_appear_by_themselves(page, study, settings):
    settings.BOARD_IN_REQUEST_VOTES = 0
    asking = judge("strict", engine={"default": '{"reason": "It names the date.", "verdict": "A"}'})
    work_on_judging(start_judging(asking, study, Asked()).pk, owner="here/1:1:1:1")
    page.goto(f"/studies/{study.slug}/judges/{asking.pk}/")
    expect(page.get_by_text("A worker computes the figures of this judge.")).to_be_visible()
    work_on_report(ReportJob.objects.get().pk, owner="here/1:1:1:1")
    expect(page.get_by_role("heading", name="May it stand in for a person?")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("A worker computes")).not_to_be_visible()
