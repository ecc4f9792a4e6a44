"""Figures by their addresses: who gets them, in which form, and from which votes."""

import csv
import io
import json
import re
import uuid

import pytest
from django.core.cache import cache
from django.test import Client

from annotations.models import Judgement, JudgementRevision, Study
from leaderboards.presentation.study_charts import CHARTS
from leaderboards.snapshots import store
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.compared import make_compared_study
from tests.leaderboards.helpers import make_rated_study, vote
from tests.people import researcher

# Forms of figures, and a page; test_views.py opens the board's page on both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = ["figures/", "small-versus-large/", "planning/"]
CONTENT = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "json": b"{", "csv": b"System"}


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_compared_study(slug="meetings", documents=3, annotators=3, noninferiority_margin=0.05)


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def got(address, **query):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    return client.get(f"/boards/meetings/{address}", query)


@pytest.mark.parametrize("ending", CONTENT)
def test_each_form_of_a_figure(study, ending):
    response = got(f"figures/forest.{ending}")
    assert response.status_code == 200
    assert response.content.startswith(CONTENT[ending])
    assert response["Content-Disposition"] == f'inline; filename="meetings-overall-forest.{ending}"'


@pytest.mark.parametrize("name", CHARTS)
def test_each_figure(study, name):
    spec = got(f"figures/{name}.json").json()
    assert spec["description"]
    assert list(csv.reader(io.StringIO(got(f"figures/{name}.csv").content.decode())))[1:]


def test_the_look_and_what_is_shown_are_in_the_address(study):
    light = got("figures/pareto.json", quality="rougeL", cost="seconds")
    dark = got("figures/pareto.json", quality="rougeL", cost="seconds", theme="dark", width="narrow").json()
    assert light["Content-Disposition"] == 'inline; filename="meetings-overall-pareto-rougeL-seconds.json"'
    assert light.json()["description"].startswith(
        "8 systems by seconds a summary (across, logarithmic) and rouge-l (up)"
    )
    assert (light.json()["config"]["background"], dark["config"]["background"]) == ("#ffffff", "#191f28")
    assert light.json()["width"] > dark["width"]
    assert light.json()["config"] != got("figures/scatter.json", metric="x", theme="dark").json()["config"]


def test_no_name_from_an_address_gets_into_a_header(study):
    response = got("figures/pareto.csv", quality='x"; y', cost="seconds")
    assert response["Content-Disposition"] == 'inline; filename="meetings-overall-pareto-seconds.csv"'


@pytest.mark.parametrize(
    ("address", "code"),
    [("figures/x.svg", "unknown_figure"), ("figures/forest.gif", "unknown_format")],
)
def test_what_there_is_not_says_what_there_is(study, address, code):
    response = got(address)
    assert (response.status_code, response.json()["error"]["code"]) == (404, code)
    assert "Expected: " in response.json()["error"]["message"]


@pytest.mark.usefixtures("other_address")
@pytest.mark.parametrize("name", CHARTS)
def test_without_votes_a_figure_says_why_it_is_empty(name):
    make_study(slug="meetings", systems=2, documents=1)
    note, reason = got(f"figures/{name}.csv").content.decode().splitlines()
    assert (note, reason[:2]) == ("Note", "No")
    assert reason.strip('"') in got(f"figures/{name}.svg").content.decode()
    assert all(got(page).status_code == 200 for page in PAGES)


@pytest.mark.usefixtures("other_address")
@pytest.mark.parametrize("page", [*PAGES, "figures/forest.json"])
def test_who_still_has_rating_to_do_sees_no_result(page):
    study = make_rated_study(slug="meetings", systems=2, documents=2, annotators=1)
    user = UserFactory(is_staff=True)
    AnnotatorFactory(study=study, user=user)
    client = Client()
    client.force_login(user)
    assert client.get(f"/boards/meetings/{page}").status_code == 403


def test_pages_hold_nothing_the_security_policy_forbids(study):
    for page in PAGES:
        html = got(page).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)


def test_the_page_has_picture_data_and_files_of_each_figure(study):
    html = got("figures/").content.decode()
    assert html.count("<figure") == 3
    for name in ("forest", "win-matrix", "progress"):
        assert f'src="/boards/meetings/figures/{name}.svg?criterion=overall"' in html
        assert f"/figures/{name}.svg?criterion=overall&amp;theme=dark&amp;width=narrow" in html
        for ending in CONTENT:
            assert f'href="/boards/meetings/figures/{name}.{ending}?criterion=overall"' in html
    assert "We compared 8 systems on the dataset" in html


def test_a_new_vote_makes_a_new_figure(study):
    before = got("figures/win-matrix.json").content
    assert got("figures/win-matrix.json").content == before
    comparison = study.comparisons.first()
    comparison.quota = comparison.taken = 4
    comparison.save()
    given = vote(comparison, AnnotatorFactory(study=study), "a", slot=3)
    JudgementRevision.objects.create(
        assignment=given.assignment, criterion=given.criterion, client_key=uuid.uuid4(), outcome="a"
    )
    after = json.loads(got("figures/win-matrix.json").content)
    votes = sum(row["votes"] for row in after["data"]["values"]) // 2
    assert votes == Judgement.objects.count()


def test_the_same_votes_are_read_once(study, monkeypatch):
    client = researcher()
    client.get("/boards/meetings/small-versus-large/")
    monkeypatch.setattr(store, "gather_inputs", lambda *args, **options: pytest.fail("read again"))
    assert client.get("/boards/meetings/small-versus-large/", {"cost": "seconds"}).status_code == 200
