"""The steps to a decision on the first page are those of the person who looks."""

import pytest
from django.contrib.auth import get_user_model

from annotations.models import Membership
from evalsite.web.overview import next_steps
from models_runner.models import Dataset
from tests.evalsite.web.test_home import judge
from tests.factories import DocumentFactory, RunFactory, make_study
from tests.people import administrator, with_role

pytestmark = pytest.mark.django_db
PASTED = "[00:00:01] Ana: We open the hall on Monday.\n[00:00:05] Ben: I bring the keys.\n"


def person(client):
    return get_user_model().objects.get(pk=client.session["_auth_user_id"])


def done(client):
    return [step.done for step in next_steps(person(client))]


@pytest.fixture
def others():
    """A study that others made, with votes, over meetings that they imported."""
    study = make_study(systems=2, documents=1)
    Dataset.objects.filter(pk=study.dataset_id).update(imported_by="somebody")
    judge(study, 1)
    return study


def test_what_others_did_ticks_nothing_off(others):
    assert done(with_role("researcher")) == [False] * 5


def test_an_administrator_and_a_lead_see_what_all_did(others):
    assert next_steps(person(administrator())) == []
    assert next_steps(person(with_role("lead"))) == []  # every study is theirs to run


def test_an_administrator_counts_meetings_that_a_command_imported():
    DocumentFactory()
    assert done(administrator()) == [True, False, False, False, False]
    assert done(with_role("researcher")) == [False] * 5


def test_the_last_steps_lead_to_the_newest_study():
    client = with_role("researcher")
    assert [step.address for step in next_steps(person(client))][3:] == ["/studies/", "/studies/"]
    for slug in ("earlier", "newest"):
        Membership.objects.create(study=make_study(slug=slug), user=person(client), role=Membership.Role.OWNER)
    assert [step.address for step in next_steps(person(client))][3:] == ["/studies/newest/", "/boards/newest/"]


def test_a_study_that_they_were_made_a_member_of_is_theirs(others):
    client = with_role("researcher")
    Membership.objects.create(study=others, user=person(client), role=Membership.Role.RESEARCHER)
    assert next_steps(person(client)) == []


def test_their_own_import_and_the_runs_over_it_are_theirs(settings, tmp_path, others):
    settings.DATA_DIR = tmp_path
    client = with_role("researcher")
    answer = client.post("/import-meetings/", {"name": "hall", "format": "auto", "missing": "ask", "pasted": PASTED})
    client.post(answer["Location"], {"name": "hall", "format": "auto", "missing": "ask", "do": "import"})
    hall = Dataset.objects.get(name="hall")
    assert hall.imported_by == "the-researcher"
    assert done(client) == [True, False, False, False, False]
    for _ in range(2):
        RunFactory(dataset=hall)
    assert done(client) == [True, True, False, False, False]


def test_the_page_shows_them(others):
    html = with_role("researcher").get("/").content.decode()
    assert "Import your own meetings" in html
    assert "(done)" not in html
