"""A run's status against its summaries when a worker and a researcher act at the same moment."""

import threading

import pytest
from django.db import connection

from models_runner.models import Run, Summary
from models_runner.runs import lifecycle, records
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cancelled_under_work(monkeypatch):
    """A run whose summaries are cancelled while its worker has not yet seen it: it is still open."""
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    dataset = DatasetFactory()
    for n in range(2):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    run = lifecycle.start_run(SystemFactory(adapter="scripted", engine={"default": "Text."}), dataset)
    run.summaries.update(status=Summary.Status.CANCELLED)
    return run


def in_thread(work):
    def closing():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=closing)
    thread.start()
    return thread


def test_a_run_resumed_while_its_worker_ends_it_stays_open(cancelled_under_work, monkeypatch):
    run = cancelled_under_work
    counted, resumed = threading.Event(), threading.Event()
    counts = Run.counts

    def counts_then_waits(self):
        found = counts(self)
        counted.set()
        resumed.wait(timeout=2)  # a resume that does not have to wait for this transaction gets in here
        return found

    monkeypatch.setattr(Run, "counts", counts_then_waits)
    worker = in_thread(lambda: records.finish_if_complete(run))
    assert counted.wait(timeout=30)

    def resume():
        lifecycle.resume_run(run)
        resumed.set()

    researcher = in_thread(resume)
    researcher.join(timeout=60)
    worker.join(timeout=60)
    assert Run.objects.get(pk=run.pk).status == Run.Status.PENDING
    assert set(run.summaries.values_list("status", flat=True)) == {Summary.Status.PENDING}
