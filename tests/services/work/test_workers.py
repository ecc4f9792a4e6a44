"""Workers that are killed, messages that are lost: every summary exists exactly once."""

import os
import signal
from collections import Counter

import pytest

from jobs.models import MAX_ATTEMPTS, Worker
from jobs.sweeper import sweep
from models_runner.models import Run, Score, ScoringJob, Summary
from models_runner.runs import lifecycle
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SummaryFactory, SystemFactory
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

FAST = {"SWEEP_SECONDS": "1", "RESEND_SECONDS": "2"}


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture
def dataset():
    dataset = DatasetFactory()
    for n in range(12):
        ReferenceFactory(document=DocumentFactory(dataset=dataset, external_id=f"m{n}"))
    return dataset


def slow_system(seconds=0.25):
    return SystemFactory(adapter="scripted", engine={"default": "A summary of {document_id}.", "seconds": seconds})


def status_of(job):
    return ScoringJob.objects.values_list("status", flat=True).get(pk=job.pk)


def done(run):
    return run.summaries.done().count()


def status(run):
    return Run.objects.values_list("status", flat=True).get(pk=run.pk)


def assert_exactly_once(run, documents=12):
    per_document = Counter(run.summaries.values_list("document_id", flat=True))
    assert set(per_document.values()) == {1}
    assert done(run) == len(per_document) == documents


def test_a_worker_does_a_run_and_its_scores(dataset, tmp_path):
    with worker("generation", "metrics", log=tmp_path / "log", **FAST):
        run = lifecycle.start_run(slow_system(0), dataset)
        wait_until(lambda: status(run) == Run.Status.DONE, what="run done")
        wait_until(lambda: Score.objects.filter(name="rouge1", value__isnull=False).count() == 12, what="scores")
    assert_exactly_once(run)


def is_stopped_at_work(process, run):
    """Between two summaries it goes on: nothing would be lost there."""
    os.killpg(process.pid, signal.SIGSTOP)
    if run.summaries.filter(status=Summary.Status.RUNNING).exists():
        return True
    os.killpg(process.pid, signal.SIGCONT)
    return False


def test_a_killed_worker_loses_nothing(dataset, tmp_path):
    with worker("generation", log=tmp_path / "first", **FAST) as first:
        run = lifecycle.start_run(slow_system(), dataset)
        wait_until(lambda: done(run) >= 3 and is_stopped_at_work(first, run), what="three summaries, another under way")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert 3 <= done(run) < 12
    assert run.summaries.filter(status=Summary.Status.RUNNING).exists()
    with worker("generation", log=tmp_path / "second", **FAST):
        wait_until(lambda: status(run) == Run.Status.DONE, what="run done by the second worker")
    assert_exactly_once(run)


def test_two_workers_share_a_run(dataset, tmp_path):
    with worker("generation", log=tmp_path / "1", **FAST), worker("generation", log=tmp_path / "2", **FAST):
        wait_until(lambda: Worker.objects.count() == 2, what="both workers ready")
        run = lifecycle.start_run(slow_system(0.4), dataset)
        owners = set()

        def both_seen():
            owners.update(run.summaries.exclude(owner="").values_list("owner", flat=True))
            return len(owners) == 2

        wait_until(both_seen, what="both workers hold summaries of the run")
        wait_until(lambda: status(run) == Run.Status.DONE, what="run done")
    assert_exactly_once(run)


def test_lost_messages_are_sent_again(dataset, tmp_path):
    run = lifecycle.start_run(slow_system(0), dataset)
    empty_broker()
    with worker("generation", log=tmp_path / "log", **FAST):
        wait_until(lambda: status(run) == Run.Status.DONE, what="run done without its message")
    assert_exactly_once(run)


def test_cancel_stops_a_run_under_work_and_resume_ends_it(dataset, tmp_path):
    with worker("generation", log=tmp_path / "log", **FAST):
        run = lifecycle.start_run(slow_system(0.4), dataset)
        wait_until(lambda: done(run) >= 1, what="first summary")
        lifecycle.cancel_run(run)
        stopped_at = done(run)
        wait_until(lambda: not run.summaries.filter(status="running").exists(), what="nothing running")
        assert done(run) <= stopped_at + 1
        lifecycle.resume_run(run)
        wait_until(lambda: status(run) == Run.Status.DONE, what="resumed run done")
    assert_exactly_once(run)


def test_a_passing_fault_passes(dataset, tmp_path):
    system = SystemFactory(adapter="scripted", engine={"default": "x", "faults": {"m3": ["transient", "transient"]}})
    with worker("generation", log=tmp_path / "log", RETRY_SECONDS="1", **FAST):
        run = lifecycle.start_run(system, dataset)
        wait_until(lambda: status(run) == Run.Status.DONE, what="run done after two faults")
    assert run.summaries.get(document__external_id="m3").attempts == 3


def test_an_ended_worker_is_forgotten(tmp_path):
    with worker("default", log=tmp_path / "log", **FAST):
        wait_until(Worker.objects.exists, what="worker known")
    sweep()
    assert not Worker.objects.exists()


def test_a_metric_that_ends_its_worker_every_time_is_given_up_and_holds_up_no_other(tmp_path):
    run = SummaryFactory().run
    killer, length = lifecycle.request_scores(run, ("killer", "length"))
    ended = 0
    for n in range(MAX_ATTEMPTS + 1):
        with worker("metrics", log=tmp_path / f"{n}", include="tests.services.work.killer", **FAST) as process:

            def is_over(process=process):
                return process.poll() is not None or status_of(killer) == ScoringJob.Status.FAILED

            wait_until(is_over, what="the worker ended, or the job was given up")
            if process.poll() is None:
                wait_until(lambda: status_of(length) == ScoringJob.Status.DONE, what="the other metric")
                break
            ended += 1
    killer.refresh_from_db()
    assert (ended, killer.attempts) == (MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert (killer.status, killer.failure_reason) == (ScoringJob.Status.FAILED, ScoringJob.WORKER_ENDED)
    assert Score.objects.filter(name="words").count() == 1
