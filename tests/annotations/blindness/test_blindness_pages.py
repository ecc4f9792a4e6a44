"""Researchers' pages that every account reaches, opened by somebody who still rates: they tell systems apart no more.

They are English, so they are not in the crawl of test_blindness, which is searched for untranslated words as well.
"""

from datetime import timedelta

import pytest
from django.core.paginator import Paginator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.people.links import invitation_path
from api.models import ApiToken
from api.tokens import make_token
from api.web import views
from leaderboards.exports import Export, Selection, get_format
from leaderboards.files import jobs
from leaderboards.models.releases import ExportJob
from leaderboards.models.sharing import PAGES
from leaderboards.releases.publishing import Draft, create_draft, publish, write_files
from leaderboards.sharing.links import make_link
from leaderboards.sharing.public import make_public
from leaderboards.web.sharing import gate
from leaderboards.web.views import releases
from models_runner.models import Document
from tests.annotations.blindness.crawl import leaks
from tests.annotations.blindness.marked import MARKER, recognisable_keys, study  # noqa: F401  (fixtures)
from tests.factories import UserFactory, make_study
from tests.leaderboards.helpers import one_vote

pytestmark = pytest.mark.django_db

OPEN = ("api-docs", "api-openapi", "api-tokens", "releases")
OF_STUDY = (("GET", "exports"), ("POST", "start-export"), ("GET", "study-releases"), ("POST", "make-release"))
OF_RELEASE = (
    *(("GET", "release"), ("GET", "release-zip"), ("POST", "retry-release")),
    *(("POST", "publish-release"), ("POST", "set-doi"), ("POST", "delete-release")),
)


@pytest.fixture
def released(study, tmp_path, settings):  # noqa: F811
    """A published release of the study, whose texts may be passed on, and one of texts that nobody rates here."""
    settings.DATA_DIR = tmp_path
    Document.objects.update(redistributable=True)
    elsewhere = make_study()
    one_vote(study)
    one_vote(elsewhere)
    release, other = (
        write_files(create_draft(one, Draft(name=name, description=name), None))
        for one, name in ((study, f"{MARKER} ratings"), (elsewhere, "Other ratings"))
    )
    publish(release)
    publish(other)
    return release


@pytest.fixture
def export(study, released):  # noqa: F811
    job = jobs.start_export(Export(study, get_format("jsonl"), Selection()), UserFactory(username=f"{MARKER}-who"))
    jobs.write_job(ExportJob, job.pk, owner=f"{MARKER}-machine")
    return job


def rater(study, *, account=True):  # noqa: F811
    """Somebody who has joined and has all pairs left."""
    browser = Client(raise_request_exception=False)
    if account:
        browser.force_login(UserFactory())
    browser.post(invitation_path(study))
    return browser


def crawled(browser, study, release, export):  # noqa: F811
    """Every answer, by name."""
    answers = {name: browser.get(reverse(name)) for name in OPEN}
    values = {"name": "notebook", "scope": "read", "days": 30}
    answers["token made"] = browser.post(reverse("api-tokens"), values)
    answers["no token"] = browser.post(reverse("api-tokens"), {"name": "", "scope": "!"})
    theirs, _ = make_token(UserFactory(username=f"{MARKER}-owner"), f"{MARKER} token", "read")
    answers["token of others"] = browser.post(reverse("revoke-api-token", args=[theirs.pk]))
    for method, name in OF_STUDY:
        answers[name] = getattr(browser, method.lower())(reverse(name, args=[study.slug]))
    for method, name in OF_RELEASE:
        answers[name] = getattr(browser, method.lower())(reverse(name, args=[study.slug, release.version]))
    for name in ("board.json", "data/summaries.jsonl", "README.md"):
        answers[name] = browser.get(reverse("release-file", args=[study.slug, release.version, name]))
    answers["export file"] = browser.get(reverse("export-file", args=[export.public_id]))
    answers["retry export"] = browser.post(reverse("retry-export", args=[export.public_id]))
    return answers


def test_pages_of_every_account_tell_a_rater_nothing(study, released, export):  # noqa: F811
    answers = crawled(rater(study), study, released, export)
    assert {name: found for name, answer in answers.items() if (found := leaks(answer))} == {}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == {*OPEN, "token made"}
    refused = {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200}
    assert set(refused.values()) == {400, 404}
    assert refused["no token"] == 400
    # The list is a real one: what is on other texts is there.
    assert "Other ratings" in answers["releases"].content.decode()
    assert "notebook" in answers["token made"].content.decode()


def test_a_rater_without_account_gets_none_of_them_but_the_description(study, released):  # noqa: F811
    browser = rater(study, account=False)
    answers = {name: browser.get(reverse(name)) for name in OPEN}
    assert {name: found for name, answer in answers.items() if (found := leaks(answer))} == {}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "api-docs": 200,
        "api-openapi": 200,
        "api-tokens": 302,
        "releases": 302,
    }


@pytest.mark.parametrize("account", [True, False])
def test_shared_and_public_pages_tell_a_rater_nothing(study, settings, account):  # noqa: F811
    settings.PUBLIC_BOARDS = True
    browser, answers = rater(study, account=account), shown_without_account(study)
    found = {name: browser.get(address) for name, address in answers.items()}
    assert {name: there for name, answer in found.items() if (there := leaks(answer))} == {}
    assert {name: answer.status_code for name, answer in found.items()} == {
        name: 200 if name == "public-boards" else 403 for name in answers
    }


@pytest.mark.once
def test_the_crawl_catches_a_shared_page_that_is_shown(study, settings, monkeypatch):  # noqa: F811
    settings.PUBLIC_BOARDS = True
    monkeypatch.setattr(gate, "refuse_while_rating", lambda request, study: None)
    browser, answers = rater(study), shown_without_account(study)
    pages = {name: address for name, address in answers.items() if not name.endswith("pdf")}
    found = {name for name, address in pages.items() if leaks(browser.get(address))}
    assert {"shared-board", "shared-report", "public-board"} <= found


def shown_without_account(study):  # noqa: F811
    """Every address of pages without an account, by name; the study's owners insisted, for it is being rated."""
    pages, why = list(PAGES), {"insist": True, "reason": f"{MARKER} asks"}
    owner = UserFactory(username=f"{MARKER}-sharer")
    _, token = make_link(study, owner, pages, timezone.now() + timedelta(days=1), texts=True, comments=True, **why)
    make_public(study, owner, pages, texts=True, comments=True, **why)
    named = [*pages, "report-pdf"]
    return (
        {f"shared-{page}": reverse(f"shared-{page}", args=[token]) for page in named}
        | {f"public-{page}": reverse(f"public-{page}", args=[study.slug]) for page in named}
        | {"public-boards": reverse("public-boards")}
    )


@pytest.mark.once
def test_the_crawl_catches_a_release_that_is_shown(study, released, export, monkeypatch):  # noqa: F811
    monkeypatch.setattr(releases, "datasets_being_rated", lambda request: set())
    answers = crawled(rater(study), study, released, export)
    found = {name for name, answer in answers.items() if not answer.streaming and leaks(answer)}
    assert {"releases", "release"} <= found
    assert answers["board.json"].status_code == 200


@pytest.mark.once
def test_the_crawl_catches_a_token_of_somebody_else(study, monkeypatch):  # noqa: F811
    make_token(UserFactory(), f"{MARKER} token", "read")
    monkeypatch.setattr(views, "Paginator", lambda tokens, size: Paginator(ApiToken.objects.all(), size))
    assert leaks(rater(study).get(reverse("api-tokens"))) == [MARKER]
