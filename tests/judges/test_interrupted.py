"""Judging that is interrupted: the endpoint dies, the job is stopped or gone, the limit moves, answers are refused."""

import json

import pytest
from django.db import connection, transaction
from django.utils import timezone

from judges.judging import work
from judges.judging.budget import affordable
from judges.judging.lifecycle import Asked, cancel_judging, resume_judging, start_judging, stop_at_limit
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, Verdict
from lib.storage.bucket import StorageGoneError
from models_runner.adapters.protocol import TransientAdapterError
from models_runner.adapters.registry import unload_all
from tests.factories import make_study
from tests.judges.files import judge
from tests.servers.endpoint import completion, endpoint

pytestmark = pytest.mark.django_db
OWNER = "here/1:1:1:1"


@pytest.fixture(autouse=True)
def _unloaded(settings):
    settings.RETRY_SECONDS = 0
    yield
    unload_all()


def said(letter="A"):
    return completion(json.dumps({"reason": "It is true.", "verdict": letter}))


def asked_at(url, study, **values):
    engine = {"base_url": url, "max_retries": 0}
    asking = judge("far", adapter="openai", model_id="m", context_window=8000, engine=engine, **values)
    return start_judging(asking, study, Asked())


def worked(job, times=1):
    for _ in range(times):
        work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    return job


def meanwhile(monkeypatch, act, at=1):
    """Let something happen in the course of the at-th batch, while the judge thinks."""
    asked, calls = work._answers, []

    def asking(*args):
        calls.append(args)
        if len(calls) == at:
            act()
        return asked(*args)

    monkeypatch.setattr(work, "_answers", asking)


def test_an_endpoint_that_dies_midway_ends_the_job_with_its_reason_and_answers_stay():
    study, answered = make_study(systems=2, documents=4), []

    def mortal(body, headers):
        answered.append(body)
        return (200, {}, said()) if len(answered) <= 3 else (503, {}, "gone")

    with endpoint(mortal) as server:
        job = worked(asked_at(server.url, study), times=6)
        assert job.status == "failed"
        assert job.failure_reason.startswith("5 of 8 questions failed. First reason: ")
        assert "given up after 5 attempts" in job.failure_reason
        given = dict(job.verdicts.done().values_list("pk", "answered_at"))
        assert len(given) == 3
        answered.clear()
        server.answer = lambda body, headers: (200, {}, said())
        resume_judging(job)
        assert worked(job).status == "done"
        assert len(server.requests) == 3 + 5 * 5 + 5
    assert given.items() <= dict(job.verdicts.done().values_list("pk", "answered_at")).items()


def test_an_endpoint_that_is_gone_is_waited_for_and_then_told(settings):
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=1))
    settings.RETRY_SECONDS = 60
    assert worked(job).status == "running"
    assert set(job.verdicts.values_list("status", "attempts")) == {("pending", 1)}
    assert all("did not answer" in reason for reason in job.verdicts.values_list("failure_reason", flat=True))
    settings.RETRY_SECONDS = 0
    job.verdicts.update(not_before=None)
    assert worked(job).status == "failed"
    assert "given up after 5 attempts" in job.failure_reason


def test_a_job_that_is_stopped_while_the_judge_thinks_stores_nothing_more(monkeypatch):
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=3))
        meanwhile(monkeypatch, lambda: cancel_judging(job), at=2)
        first = work_on_judging(job.pk, owner=OWNER)
    assert first.endswith(f"{job.verdicts.done().count()} answers")
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert job.verdicts.unfinished().count() == 0
    assert job.verdicts.filter(status="cancelled").count() > 0


def test_stopping_and_going_on_at_once_asks_again_what_was_being_asked(monkeypatch):
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=3))

        def stop_and_go_on():
            cancel_judging(job)
            resume_judging(job)

        meanwhile(monkeypatch, stop_and_go_on)
        states = []
        take = Verdict.objects.claim_batch

        def claiming(*args, **values):
            states.append(JudgingJob.objects.get(pk=job.pk).status)
            return take(*args, **values)

        monkeypatch.setattr(Verdict.objects, "claim_batch", claiming)
        worked(job)
    # The page says that it is asked as soon as the next questions are.
    assert states[1:3] == ["pending", "running"]
    assert job.status == "done"
    assert job.verdicts.done().count() == 6


def test_questions_that_were_stopped_between_claim_and_reading_are_left(monkeypatch):
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=1))
        take = Verdict.objects.claim_batch

        def claiming(*args, **values):
            ids = take(*args, **values)
            if ids:
                cancel_judging(job)
            return ids

        monkeypatch.setattr(Verdict.objects, "claim_batch", claiming)
        worked(job)
        assert server.requests == []
    assert job.status == "cancelled"


@pytest.mark.parametrize("at", [1, 2])
def test_a_study_that_is_deleted_while_a_judge_is_asked_ends_the_work(monkeypatch, at):
    study = make_study(systems=2, documents=4)
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, study)
        meanwhile(monkeypatch, study.delete, at=at)
        told = work_on_judging(job.pk, owner=OWNER)
    assert told.startswith(f"judging {job.pk}")
    assert not JudgingJob.objects.exists()
    assert work_on_judging(job.pk, owner=OWNER) == f"judging {job.pk} has ended or is gone"


def test_a_study_that_is_closed_is_judged_to_its_end(monkeypatch):
    study = make_study(systems=2, documents=3)
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, study)
        meanwhile(monkeypatch, lambda: type(study).objects.filter(pk=study.pk).update(status="closed"))
        assert worked(job).status == "done"


@pytest.mark.parametrize("text", ["Ver\x00dict", '{"reason": "\ud800", "verdict": "A"}', "x" * 50_000])
def test_answers_with_characters_that_no_database_takes_are_kept_without_them(text):
    with endpoint(lambda body, headers: (200, {}, completion(text))) as server:
        job = worked(asked_at(server.url, make_study(systems=2, documents=1)))
    assert job.status == "done"
    assert "\x00" not in job.verdicts.first().raw


def test_what_the_database_refuses_ends_one_question_with_the_reason(monkeypatch):
    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=2))
        first = job.verdicts.in_order().first().pk
        made = work.settle_answer.__globals__["verdict_values"]

        def broken(judge, shown_first, asked, written, names):
            values = made(judge, shown_first, asked, written, names)
            return values | ({"p_a": 7.0} if job.verdicts.done().count() == 0 and not refused else {})

        refused = []
        monkeypatch.setitem(work.settle_answer.__globals__, "verdict_values", broken)
        Verdict.objects.exclude(pk=first).filter(job=job).update(status="cancelled")
        worked(job)
    assert job.status == "failed"
    assert "The database refused the answer." in job.verdicts.get(pk=first).failure_reason


def test_a_limit_that_is_raised_while_the_work_reaches_it_stops_nothing():
    study = make_study(systems=2, documents=2)
    asking = judge("dear", price={"output": 1_000_000}, engine={"default": "A"}, reasoning=False)
    job = start_judging(asking, study, Asked(cost_limit=2.0))
    first = job.verdicts.first()
    Verdict.objects.filter(pk=first.pk).update(status="done", answer="a", cost=2.0, answered_at=timezone.now())
    assert affordable(job, 1) == 0
    resume_judging(job, cost_limit=20.0)
    stale = JudgingJob.objects.get(pk=job.pk)
    stale.cost_limit = 2.0
    stop_at_limit(stale)
    assert JudgingJob.objects.get(pk=job.pk).status == "pending"
    JudgingJob.objects.filter(pk=job.pk).update(cost_limit=2.0)
    stop_at_limit(stale)
    assert JudgingJob.objects.get(pk=job.pk).status == "stopped"
    assert connection.in_atomic_block
    with transaction.atomic():
        resume_judging(job, cost_limit=20.0)
    assert JudgingJob.objects.get(pk=job.pk).status == "pending"


def test_questions_wait_while_the_judges_weights_cannot_be_fetched(monkeypatch):
    def gone(key, spec):
        raise TransientAdapterError("It does not answer.") from StorageGoneError("It does not answer.")

    with endpoint(lambda body, headers: (200, {}, said())) as server:
        job = asked_at(server.url, make_study(systems=2, documents=1))
        with monkeypatch.context() as patched:
            patched.setattr(work, "load_engine", gone)
            worked(job)
        waiting = job.verdicts.values_list("status", "attempts", "failure_reason")
        assert set(waiting) == {(Verdict.Status.PENDING, 0, "It does not answer.")}
        job.verdicts.update(not_before=timezone.now())
        assert worked(job).status == JudgingJob.Status.DONE
