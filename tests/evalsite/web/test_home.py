from html import unescape
from uuid import uuid4

import pytest

from annotations.models import Assignment, Comparison, Judgement, JudgementRevision, Study
from annotations.people.links import invitation_path
from annotations.quality.exclusion import exclude
from evalsite.web.views import study_rows
from leaderboards.presentation.study_verdict import stored_verdicts, study_verdict
from models_runner.models import Run, Summary
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory, RunFactory, SummaryFactory, make_study
from tests.people import annotator, researcher, stranger

pytestmark = pytest.mark.django_db


def judge(study, count):
    """One annotator answers the first criterion for this many comparisons."""
    person = AnnotatorFactory(study=study)
    for comparison in Comparison.objects.filter(study=study)[:count]:
        assignment = Assignment.objects.create(
            comparison=comparison, annotator=person, state="done", slot=0, shown_left="a"
        )
        Judgement.objects.create(assignment=assignment, criterion=study.criteria.first(), outcome="a")


def test_a_stranger_reads_what_this_is_and_may_log_in():
    html = stranger().get("/").content.decode()
    assert "Which small model punches above its weight?" in html
    assert 'href="/login/"' in html


@pytest.mark.parametrize("person", [stranger, annotator])
def test_others_see_no_study_system_or_dataset(person):
    study = make_study(systems=2, documents=1)
    html = person().get("/").content.decode()
    for hidden in (study.slug, study.systems.first().slug, study.dataset.name, "/systems/", "/datasets/", "/runs/"):
        assert hidden not in html


def test_who_rates_in_this_browser_goes_on_from_the_first_page(client):
    study = make_study(systems=2, documents=1, annotator_title="Which minutes help you?")
    client.post(invitation_path(study))
    html = client.get("/").content.decode()
    assert f'href="/rate/{study.public_id}/"' in html
    assert "Which minutes help you?" in html
    assert study.slug not in html
    rate_everything(study.annotators.get())
    html = client.get("/").content.decode()
    assert "/rate/" not in html
    assert "Log in as a researcher" in html
    assert "/rate/" not in stranger().get("/").content.decode()


def test_votes_are_counted_against_quota_times_criteria():
    study = make_study(systems=3, documents=2, quota=2, criteria=("overall", "fluency"))
    judge(study, 4)
    make_study(systems=2, documents=1)  # another study's rows do not count
    [row] = [row for row in study_rows(Study.objects.all()) if row.study == study]
    # 2 documents x 3 pairs x 2 annotators x 2 criteria
    assert (row.votes, row.needed) == (4, 24)


def test_overview_the_study_and_its_board_count_the_same_votes():
    study = make_study(systems=3, documents=2, quota=2)
    judge(study, 4)
    judge(study, 0)
    gone = AnnotatorFactory(study=study)
    for number, comparison in enumerate(study.comparisons.all()[4:6]):
        state = {"state": "expired", "slot": None} if number else {"state": "done", "slot": 1}
        assignment = Assignment.objects.create(comparison=comparison, annotator=gone, shown_left="a", **state)
        Judgement.objects.create(assignment=assignment, criterion=study.criteria.get(), outcome="a")
    client = researcher()
    assert [votes for _, votes in client.get(f"/studies/{study.slug}/").context["votes"]] == [5]
    exclude(gone, "a test", None)
    assert [row.votes for row in study_rows(Study.objects.all())] == [4]
    assert [votes for _, votes in client.get(f"/studies/{study.slug}/").context["votes"]] == [4]
    assert client.get(f"/boards/{study.slug}/board.json").json()["votes"] == 4
    assert "Votes that count on boards: " in client.get(f"/studies/{study.slug}/").content.decode()


def test_home_shows_progress_of_open_runs_and_leaves_finished_ones_out():
    run = RunFactory(status=Run.Status.RUNNING)
    SummaryFactory(run=run)
    SummaryFactory(run=run, status=Summary.Status.PENDING, text="", stop_reason="")
    RunFactory(status=Run.Status.DONE)
    [row] = researcher().get("/").context["run_rows"]
    assert (row.run, row.progress.done, row.progress.total) == (run, 1, 2)


def test_home_asks_the_same_queries_for_any_number_of_rows(django_assert_num_queries):
    for _ in range(3):
        make_study(systems=2, documents=1)
        SummaryFactory(run__status=Run.Status.RUNNING)
    client = researcher()
    uncounted = ["to gold and training", "given back", "of excluded annotators"]
    studies = ["studies", "answers", *uncounted, "places", "questions"]
    steps = ["own dataset", "its systems", "own study", "its people", "its votes"]
    verdicts = ["their questions", "newest boards"]  # of which there are none
    queries = [
        "session",
        "user",
        "being rated",
        *studies,
        *verdicts,
        "open runs",
        "their progress",
        "datasets",
        "systems",
        *steps,
    ]
    with django_assert_num_queries(len(queries)):
        client.get("/")


def test_an_empty_site_says_what_to_do_first():
    html = researcher().get("/").content.decode()
    for command in ("import_dataset", "generate --dataset"):
        assert f"python manage.py {command}" in html
    assert 'No studies yet. <a href="/studies/new/">Create one</a>' in html


def test_each_study_has_its_verdict_in_a_sentence_but_for_who_rates_there():
    study = make_study(systems=2, documents=3)
    judge(study, 3)
    client = researcher()
    assert client.get("/").context["study_rows"][0].verdict is None
    client.get(f"/boards/{study.slug}/")
    verdict = study_verdict(study)
    page = client.get("/")
    assert page.context["study_rows"][0].verdict == verdict
    assert verdict.sentence in unescape(page.content.decode())
    client.post(invitation_path(study))
    assert client.get("/").context["study_rows"][0].verdict is None


def test_a_verdict_from_before_the_newest_votes_says_so():
    study = make_study(systems=2, documents=3)
    client = researcher()
    assert "The verdict appears here once somebody has opened" in client.get(f"/studies/{study.slug}/").content.decode()
    client.get(f"/boards/{study.slug}/")
    paths = ("/", f"/studies/{study.slug}/")
    told, compute = "votes have come in since.", f'<a href="/boards/{study.slug}/">Compute it with all votes</a>'
    assert [told in client.get(path).content.decode() for path in paths] == [False, False]
    assert "no vote has come in since." in client.get(paths[1]).content.decode()
    judge(study, 3)
    for vote in Judgement.objects.all():
        JudgementRevision.objects.create(
            assignment=vote.assignment, criterion=vote.criterion, client_key=uuid4(), outcome=vote.outcome
        )
    for path in paths:
        html = client.get(path).content.decode()
        assert told in html and compute in html
    client.get(f"/boards/{study.slug}/")
    assert [told in client.get(path).content.decode() for path in paths] == [False, False]


def test_verdicts_are_those_of_the_newest_boards():
    studies = [make_study(systems=2, documents=3, criteria=("overall", "fluency")) for _ in range(2)]
    for study in studies:
        study_verdict(study, study.criteria.last())
        study_verdict(study)
    judge(studies[0], 3)
    newest = study_verdict(studies[0])
    assert stored_verdicts(studies) == {studies[0].pk: newest, studies[1].pk: study_verdict(studies[1])}
    assert stored_verdicts([]) == {}


def test_an_error_page_has_the_navigation_of_who_is_logged_in():
    assert [client.get("/nowhere/").status_code for client in (researcher(), stranger())] == [404, 404]
    html = researcher().get("/nowhere/").content.decode()
    assert '<a href="/studies/"' in html and '<a href="/runs/"' in html
    assert 'class="site-nav"' not in stranger().get("/nowhere/").content.decode()
    assert 'class="site-nav"' not in researcher().get("/rate/nowhere/").content.decode()
