"""A database that is gone for a while: workers that live go on with what they hold, long before a lease ends."""

import time

import pytest
from django.db import connection

from jobs.models import Worker
from models_runner.models import Run, ScoringJob
from models_runner.runs import lifecycle
from tests.factories import DatasetFactory, DocumentFactory, SummaryFactory, SystemFactory
from tests.services.outage import door
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.worker,
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no server that could be gone"),
]

# Nothing is freed because its lease ended.
OPTIONS = {"SUMMARY_LEASE_SECONDS": "3600", "SWEEP_SECONDS": "1", "RESEND_SECONDS": "2"}
GONE_SECONDS = 2


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture(scope="module")
def one_door():
    """All workers know the database by one address, so one process is loaded for them all (tests/services/warm.py)."""
    with door(int(connection.settings_dict["PORT"])) as made:
        yield made


@pytest.fixture
def database(one_door):
    yield one_door
    one_door.shut()
    one_door.open()


def through(opening):
    config = connection.settings_dict
    return f"postgres://{config['USER']}:{config['PASSWORD']}@127.0.0.1:{opening.port}/{config['NAME']}"


def outage(database):
    database.shut()
    time.sleep(GONE_SECONDS)
    database.open()


def test_a_summary_that_was_being_written_is_saved_once_the_database_is_back(database, tmp_path):
    dataset = DatasetFactory()
    for n in range(3):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    engine = {"default": "A summary of {document_id}.", "seconds": 1.0}
    run = lifecycle.start_run(SystemFactory(adapter="scripted", engine=engine), dataset)
    with worker("generation", log=tmp_path / "log", DATABASE_URL=through(database), **OPTIONS):
        wait_until(run.summaries.running().exists, what="a summary under way")
        outage(database)
        wait_until(lambda: Run.objects.get(pk=run.pk).status == Run.Status.DONE, what="run done")
    assert list(run.summaries.values_list("status", "attempts")) == [("done", 1)] * 3
    assert "the database does not answer" in (tmp_path / "log").read_text()


def test_a_job_is_given_back_at_once_and_done_without_losing_an_attempt(database, tmp_path):
    run = SummaryFactory().run
    (job,) = lifecycle.request_scores(run, ("slow",))
    options = OPTIONS | {"DATABASE_URL": through(database), "include": "tests.services.work.slow"}
    with worker("metrics", log=tmp_path / "log", **options):
        wait_until(ScoringJob.objects.running().filter(pk=job.pk).exists, what="the job under way")
        outage(database)
        wait_until(ScoringJob.objects.filter(pk=job.pk, status="done").exists, what="the job done")
    job.refresh_from_db()
    assert (job.attempts, job.failure_reason) == (1, "")


def test_an_idle_worker_reports_again(database, tmp_path):
    with worker("default", log=tmp_path / "log", DATABASE_URL=through(database), **OPTIONS):
        wait_until(Worker.objects.exists, what="the worker known")
        outage(database)
        Worker.objects.all().delete()
        wait_until(Worker.objects.exists, what="the worker known again")
