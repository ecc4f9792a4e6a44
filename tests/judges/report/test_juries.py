"""The jury on a study's judges page: its weights are kept until votes or verdicts come, and large ones by a worker."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from judges.judging.lifecycle import Asked, cancel_judging, start_judging
from judges.judging.work import work_on_judging
from judges.models import ReportJob, Verdict
from judges.report import serve
from judges.report.serve import get_juries, get_report, work_on_report
from models_runner.adapters.registry import unload_all
from tests.factories import make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study
from tests.people import researcher

pytestmark = pytest.mark.django_db
HEADING = "All judges as a jury"


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def asked(study, name, letter, work=True):
    job = start_judging(judge(name, engine={"default": f'{{"reason": "x", "verdict": "{letter}"}}'}), study, Asked())
    if work:
        work_on_judging(job.pk, owner="here/1:1:1:1")
    return job


@pytest.fixture
def study():
    study = make_rated_study(systems=3, documents=6)
    asked(study, "one", "A")
    asked(study, "two", "C")
    return study


def page(study):
    answer = researcher().get(reverse("study-judges", args=[study.slug]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_weights_are_computed_once_until_votes_or_verdicts_come(study, monkeypatch):
    assert HEADING in page(study)
    job = ReportJob.objects.get(judge=None)
    assert [row["judge"] for row in job.report["judges"]] == ["one", "two"]
    monkeypatch.setattr(serve, "jury_report", None)  # computing again would fail
    assert HEADING in page(study)
    Verdict.objects.filter(judge__name="two").first().delete()
    with pytest.raises(TypeError):
        get_juries(study)


def test_the_weights_of_a_large_study_come_from_a_worker(study, settings):
    settings.BOARD_IN_REQUEST_VOTES = 0
    text = page(study)
    assert "A worker computes these weights." in text
    assert 'hx-trigger="load delay:3s"' in text
    job = ReportJob.objects.get()
    assert (job.judge, job.status) == (None, "pending")
    assert work_on_report(job.pk, owner="here/1:1:1:1").endswith(f"Report on the jury, criterion {job.criterion_id}")
    text = page(study)
    assert "A worker computes" not in text
    assert HEADING in text
    Verdict.objects.filter(judge__name="two").first().delete()
    text = page(study)
    assert "Votes or verdicts have come since. A worker computes these weights anew" in text
    assert ">two</a></th>" in text


def test_weights_that_failed_say_why(study, settings):
    settings.BOARD_IN_REQUEST_VOTES = 0
    [(_, served)] = get_juries(study)
    ReportJob.objects.filter(pk=served.job.pk).update(status="failed", failure_reason="The disk broke.")
    text = page(study)
    assert "The newest weights could not be computed. The disk broke." in text
    assert 'hx-trigger="load delay:3s"' not in text


def test_while_a_judge_is_asked_the_last_weights_stay(study, monkeypatch):
    assert HEADING in page(study)
    job = asked(study, "three", "B", work=False)
    monkeypatch.setattr(serve, "jury_report", None)
    text = page(study)
    assert "These weights are of before" in text
    assert ">two</a></th>" in text
    cancel_judging(job)
    assert "These weights are of before" not in page(study)


@pytest.mark.once("what a page leaves out")
def test_one_judge_or_no_votes_are_no_jury():
    study = make_study(systems=2, documents=2)
    asked(study, "one", "A")
    assert HEADING not in page(study)
    assert not ReportJob.objects.exists()
    asked(study, "two", "C")
    assert HEADING not in page(study)
    assert ReportJob.objects.get().report["judges"] == []


def test_the_database_keeps_one_jury_for_each_question(study):
    criterion = study.criteria.get()
    get_report(None, criterion)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportJob.objects.create(judge=None, criterion=criterion)
