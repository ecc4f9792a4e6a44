"""Workers that are told to end: they finish what they write, give back the rest, and lose no attempt."""

import pytest

from models_runner.models import Run, ScoringJob, Summary
from models_runner.runs import lifecycle
from tests.factories import DatasetFactory, DocumentFactory, SummaryFactory, SystemFactory
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

FAST = {"SWEEP_SECONDS": "1", "RESEND_SECONDS": "2"}
HANG = 60


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


def started(seconds, documents):
    dataset = DatasetFactory()
    for n in range(documents):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    engine = {"default": "A summary of {document_id}.", "seconds": seconds}
    return lifecycle.start_run(SystemFactory(adapter="scripted", engine=engine), dataset)


def statuses(run):
    return sorted(run.summaries.values_list("status", "attempts"))


def ended(process):
    process.terminate()
    return process.wait(HANG)


def test_a_worker_finishes_its_summary_and_leaves_the_rest_of_the_run(tmp_path):
    run = started(0.5, 30)
    with worker("generation", log=tmp_path / "first", **FAST) as first:
        wait_until(run.summaries.done().exists, what="a summary")
        assert ended(first) == 0
    done = run.summaries.done().count()
    assert 1 <= done < 30
    assert statuses(run) == [("done", 1)] * done + [("pending", 0)] * (30 - done)
    assert Run.objects.open().filter(pk=run.pk).exists()


def test_the_next_worker_ends_the_run_and_no_attempt_was_lost(tmp_path):
    run = started(0.2, 8)
    with worker("generation", log=tmp_path / "first", **FAST) as first:
        wait_until(run.summaries.done().exists, what="a summary")
        ended(first)
    with worker("generation", log=tmp_path / "second", **FAST):
        wait_until(lambda: Run.objects.get(pk=run.pk).status == Run.Status.DONE, what="run done")
    assert statuses(run) == [("done", 1)] * 8


def test_a_summary_that_takes_longer_is_given_back(tmp_path):
    run = started(3600, 2)
    with worker("generation", log=tmp_path / "log", DRAIN_SECONDS="0.5", **FAST) as process:
        wait_until(run.summaries.running().exists, what="a summary under way")
        assert ended(process) == 0
    assert statuses(run) == [("pending", 0)] * 2
    assert "1 rows given back" in (tmp_path / "log").read_text()


def test_a_model_that_handles_no_signals_is_left_too(tmp_path):
    run = SummaryFactory().run
    (job,) = lifecycle.request_scores(run, ("unmoved",))
    options = {"include": "tests.services.work.unmoved", "DRAIN_SECONDS": "0.5"}
    with worker("metrics", log=tmp_path / "log", **options, **FAST) as process:
        wait_until(ScoringJob.objects.running().filter(pk=job.pk).exists, what="the job under way")
        assert ended(process) == 0
    job.refresh_from_db()
    assert (job.status, job.attempts, job.owner) == (ScoringJob.Status.PENDING, 0, "")


def test_an_idle_worker_ends_at_once(tmp_path):
    with worker("generation", log=tmp_path / "log", DRAIN_SECONDS="3600", **FAST) as process:
        wait_until(lambda: " ready." in (tmp_path / "log").read_text(), what="the worker is ready")
        assert ended(process) == 0
    assert not Summary.objects.exists()
