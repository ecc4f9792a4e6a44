"""Real workers ask a judge; killed again and again, each question is answered once."""

from collections import Counter

import pytest

from judges.judging.lifecycle import Asked, start_judging
from judges.models import Verdict
from tests.factories import make_study
from tests.judges.files import judge
from tests.servers.endpoint import completion, endpoint, slow
from tests.services.workers import empty_broker, start, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]
FAST = {"SWEEP_SECONDS": "1", "SUMMARY_LEASE_SECONDS": "6", "RETRY_SECONDS": "1", "loaded": ["openai"]}
KILLS = 5


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


def answer(body, headers):
    return 200, {}, completion('{"reason": "It is true.", "verdict": "A"}')


def asked_on(server, study, **values):
    engine = {"base_url": server.url, "concurrency": 2, "max_retries": 0}
    asking = judge("far", adapter="openai", model_id="m", context_window=8000, engine=engine, **values)
    return start_judging(asking, study, Asked())


def test_a_worker_killed_five_times_loses_and_doubles_nothing(tmp_path):
    study = make_study(systems=3, documents=8, criteria=("overall", "fluency"))
    with endpoint(slow(0.15, answer)) as server:
        job = asked_on(server, study)
        total = job.verdicts.count()
        assert total == 96
        for kill in range(1, KILLS + 1):
            process = start("generation", log=tmp_path / "log", **FAST)
            wait_until(lambda goal=kill * 8: job.verdicts.done().count() >= goal, what=f"answers before kill {kill}")
            process.kill()
            process.wait()
        assert job.verdicts.done().count() < total
        before = dict(Verdict.objects.done().values_list("pk", "answered_at"))
        with worker("generation", log=tmp_path / "log", **FAST):
            wait_until(lambda: job.verdicts.unfinished().count() == 0, what="all answers")
            wait_until(lambda: type(job).objects.get(pk=job.pk).status == "done", what="the end of the job")
    rows = Counter(Verdict.objects.values_list("criterion", "comparison", "shown_first", "sample"))
    assert len(rows) == total
    assert set(rows.values()) == {1}
    assert Verdict.objects.done().count() == total
    # What was answered before a kill was not asked again.
    assert before.items() <= dict(Verdict.objects.values_list("pk", "answered_at")).items()


def test_two_workers_share_a_job_and_a_lost_message_is_made_up_for(tmp_path):
    study = make_study(systems=2, documents=6)
    with endpoint(slow(0.1, answer)) as server:
        job = asked_on(server, study)
        empty_broker()
        with worker("generation", log=tmp_path / "1", **FAST), worker("generation", log=tmp_path / "2", **FAST):
            wait_until(lambda: type(job).objects.get(pk=job.pk).status == "done", what="the end of the job")
        asked = Counter(body["messages"][-1]["content"] for _, _, body in server.requests)
    assert len(asked) == 12
    assert set(asked.values()) == {1}
