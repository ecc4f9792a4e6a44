"""Several people, clicks and workers at the same moment: one job, each question once, and a status that is true."""

import itertools
import json
import threading
from collections import Counter

import pytest
from django.urls import reverse

from judges.judging.lifecycle import Asked, cancel_judging, finish_if_complete, resume_judging, start_judging
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, Verdict
from models_runner.adapters.registry import unload_all
from tests.factories import make_study
from tests.judges.files import judge
from tests.people import researcher
from tests.servers.endpoint import completion, endpoint, slow
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLICKS = 4


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    yield
    unload_all()


def answer(body, headers):
    return 200, {}, completion(json.dumps({"reason": "It is true.", "verdict": "A"}))


def far(server, name="far"):
    engine = {"base_url": server.url, "max_retries": 0, "concurrency": 2}
    return judge(name, adapter="openai", model_id="m", context_window=8000, engine=engine)


def questions():
    return Counter(Verdict.objects.values_list("criterion__key", "comparison", "shown_first", "sample"))


def test_a_button_that_is_clicked_again_and_again_makes_one_job():
    study = make_study(systems=3, documents=2)
    judge("strict", engine={"default": '{"reason": "x", "verdict": "A"}'})
    client = researcher()
    address = reverse("ask-judge", args=[study.slug])
    values = {"judge": "strict", "criteria": ["overall"]}
    answers = at_once(*[lambda: client.post(address, values)] * CLICKS)
    assert [got.status_code for got in answers] == [302] * CLICKS
    job = JudgingJob.objects.get()
    assert questions() == dict.fromkeys(itertools.product(["overall"], pairs_of(study), "ab", [0]), 1)
    work_on_judging(job.pk, owner="here/1:1:1:1")
    job.refresh_from_db()
    assert job.status == "done"


def pairs_of(study):
    return study.comparisons.values_list("pk", flat=True)


def test_two_people_who_ask_different_things_of_a_judge_get_both():
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    asking = judge("strict")
    at_once(*[lambda key=key: start_judging(asking, study, Asked([key])) for key in ("overall", "fluency")])
    job = JudgingJob.objects.get()
    assert sorted(job.rubrics) == ["fluency", "overall"]
    assert questions() == dict.fromkeys(itertools.product(["overall", "fluency"], pairs_of(study), "ab", [0]), 1)


def test_workers_that_take_a_job_up_together_ask_each_question_once():
    study = make_study(systems=3, documents=4)
    with endpoint(slow(0.02, answer)) as server:
        job = start_judging(far(server), study, Asked())
        at_once(*[lambda n=n: work_on_judging(job.pk, owner=f"here/1:1:1:{n}") for n in range(3)])
        job.refresh_from_db()
        assert job.status == "done"
        assert len(server.requests) == job.verdicts.done().count() == 24


def test_what_is_added_while_a_worker_ends_the_job_keeps_it_open(monkeypatch):
    study = make_study(systems=2, documents=2, criteria=("overall", "fluency"))
    asking = judge("strict")
    job = start_judging(asking, study, Asked(["overall"]))
    job.verdicts.update(status="cancelled")
    counted, added = threading.Event(), threading.Event()
    counts = JudgingJob.counts

    def counts_then_waits(self):
        numbers = counts(self)
        counted.set()
        added.wait(timeout=1)  # who does not have to wait for this transaction gets in here
        return numbers

    def add():
        counted.wait(timeout=30)
        start_judging(asking, study, Asked(["fluency"]))
        added.set()

    monkeypatch.setattr(JudgingJob, "counts", counts_then_waits)
    at_once(lambda: finish_if_complete(job), add)
    job.refresh_from_db()
    assert job.status == "pending"
    assert set(job.verdicts.values_list("status", flat=True)) == {"pending"}


def test_stopping_and_going_on_again_and_again_leaves_each_question_answered_once():
    study = make_study(systems=3, documents=6)
    with endpoint(slow(0.01, answer)) as server:
        job = start_judging(far(server), study, Asked())

        def restless():
            for _ in range(6):
                cancel_judging(JudgingJob.objects.get(pk=job.pk))
                resume_judging(JudgingJob.objects.get(pk=job.pk))

        def worker(number):
            while JudgingJob.objects.open().exists():
                work_on_judging(job.pk, owner=f"here/1:1:1:{number}")

        at_once(restless, lambda: worker(1), lambda: worker(2))
        # Whoever stopped it last went on at once, so what a worker left in between is taken up.
        work_on_judging(job.pk, owner="here/1:1:1:3")
        job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("done", "")
    assert questions() == dict.fromkeys(itertools.product(["overall"], pairs_of(study), "ab", [0]), 1)
    assert set(job.verdicts.values_list("status", "answer")) == {("done", "a"), ("done", "b")}


def test_a_study_that_is_deleted_under_two_workers_ends_their_work():
    study = make_study(systems=3, documents=6)
    with endpoint(slow(0.02, answer)) as server:
        job = start_judging(far(server), study, Asked())
        told = at_once(*[lambda n=n: work_on_judging(job.pk, owner=f"here/1:1:1:{n}") for n in (1, 2)], study.delete)
    assert not JudgingJob.objects.exists()
    assert not Verdict.objects.exists()
    assert all(line.startswith(f"judging {job.pk}") for line in told if isinstance(line, str))
