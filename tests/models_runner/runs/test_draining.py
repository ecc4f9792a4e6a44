"""Work on runs and scores while the worker ends: it stops at the next safe point, and no attempt is lost."""

import pytest

from jobs.workers import draining
from models_runner.models import Run, Score, ScoringJob
from models_runner.runs import generation, lifecycle, scoring
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    messages = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: messages.append((task, *args)))
    return messages


@pytest.fixture
def ending(monkeypatch):
    """Have the worker end from now on, or once a function of a module was called."""

    def ending(module=None, name=""):
        if module is None:
            monkeypatch.setattr(draining, "_ending", True)
            return
        original = getattr(module, name)

        def ends(*args, **kwargs):
            monkeypatch.setattr(draining, "_ending", True)
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, ends)

    return ending


def states(rows):
    return list(rows.order_by("pk").values_list("status", "attempts"))


def test_a_run_ends_after_the_batch_and_is_announced_again(sent, ending, django_capture_on_commit_callbacks):
    dataset = DatasetFactory()
    for n in range(3):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    run = lifecycle.start_run(SystemFactory(adapter="scripted", engine={"default": "x"}), dataset)
    ending(generation, "settle_outcome")
    with django_capture_on_commit_callbacks(execute=True):
        generation.work_on_run(run.pk, owner="host:1:1:1")
    assert states(run.summaries) == [("done", 1), ("pending", 0), ("pending", 0)]
    assert Run.objects.open().filter(pk=run.pk).exists()
    assert sent[-1] == (Run.TASK, run.pk)


def test_an_ending_worker_claims_nothing(sent, ending):
    dataset = DocumentFactory().dataset
    run = lifecycle.start_run(SystemFactory(adapter="scripted", engine={"default": "x"}), dataset)
    ending()
    generation.work_on_run(run.pk, owner="host:1:1:1")
    assert states(run.summaries) == [("pending", 0)]


def test_scoring_ends_after_the_batch_and_goes_on_later(sent, ending, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(scoring, "BATCH", 1)
    run = RunFactory()
    for n in range(3):
        SummaryFactory(run=run, document=DocumentFactory(dataset=run.dataset, external_id=f"m{n}"))
    (job,) = lifecycle.request_scores(run, ("length",))
    ending(scoring, "_score_batch")
    with django_capture_on_commit_callbacks(execute=True):
        scoring.work_on_scoring_job(job.pk, owner="host:1:1:1")
    assert states(ScoringJob.objects.filter(pk=job.pk)) == [("pending", 0)]
    assert Score.objects.filter(name="words").count() == 1
    assert sent[-1] == (ScoringJob.TASK, job.pk)
    monkeypatch.undo()
    scoring.work_on_scoring_job(job.pk, owner="host:1:1:2")
    assert states(ScoringJob.objects.filter(pk=job.pk)) == [("done", 1)]
    assert Score.objects.filter(name="words").count() == 3
