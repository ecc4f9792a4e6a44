"""A worker that has nothing to do gives its memory back, and goes on working as the same process."""

import pytest

from jobs.models import Worker
from jobs.workers.presence import workers_for
from models_runner.models import Score, ScoringJob
from models_runner.runs import lifecycle
from tests.factories import SummaryFactory
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


def test_an_idle_worker_starts_anew_and_takes_the_next_work(tmp_path):
    empty_broker()
    log = tmp_path / "log"
    environment = {"WORKER_IDLE_SECONDS": "0.1", "SWEEP_SECONDS": "1"}
    with worker("metrics", log=log, include="tests.services.work.grown", **environment) as process:
        asked(SummaryFactory().run)
        wait_until(lambda: log.read_text().count(" ready.") == 2, what="a start of its own")
        assert "the worker starts anew" in log.read_text()
        asked(SummaryFactory().run)
        # One row, of the worker that lives.
        assert [Worker.objects.count(), len(workers_for("metrics"))] == [1, 1]
        process.terminate()
        assert process.wait(60) == 0
    # The second began with empty memory.
    assert list(Score.objects.values_list("value", flat=True)) == [1.0, 1.0]
    assert not Worker.objects.exists()
    empty_broker()


def asked(run):
    (job,) = lifecycle.request_scores(run, ("grown",))
    wait_until(ScoringJob.objects.filter(pk=job.pk, status="done").exists, what="scores")
