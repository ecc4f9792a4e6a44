"""Batches in the shape that a provider takes, chapter by chapter, and what becomes of them when a run is cancelled."""

import pytest

from models_runner.adapters.registry import unload_all
from models_runner.models import BatchCall, ProviderBatch, Run, Summary
from models_runner.runs import lifecycle
from models_runner.runs.sweeping import sweep_runs
from tests.factories import DocumentFactory
from tests.models_runner.runs.batches.helpers import collect, echo, started, step, texts, to_the_end
from tests.servers.endpoint import completion

pytestmark = pytest.mark.django_db


def refusing(field, told):
    def answer(body):
        return (400, {"error": {"message": told, "param": field}}) if field in body else echo(body)

    return answer


def test_a_refused_field_is_learnt_and_recorded(server):
    server.answer = refusing("seed", "Unsupported parameter: 'seed' is not supported with this model.")
    run = to_the_end(started(server))
    assert {status for status, _ in texts(run)} == {"done"}
    assert ["seed" in body for body in server.requests()] == [True, True, False, False]
    (lesson,) = run.environment["adapter"]["request"]["learnt"]
    assert lesson["field"] == "seed"


def test_a_worker_that_starts_anew_orders_in_the_shape_that_was_learnt(server):
    server.answer = refusing("seed", "Unsupported parameter: 'seed' is not supported with this model.")
    run = to_the_end(started(server))
    unload_all()
    DocumentFactory(dataset=run.dataset)
    to_the_end(lifecycle.start_run(run.system, run.dataset))
    assert "seed" not in server.requests()[-1]


def test_a_batch_that_is_refused_as_a_whole_teaches_too(server):
    server.problems = [{"code": "invalid_request", "param": "seed", "line": 1,
                        "message": "Unsupported parameter: 'seed' is not supported with this model."}]  # fmt: skip
    server.ends = "failed"
    run = started(server)
    collect(run)
    step(run)
    step(run)
    server.problems, server.ends = None, "completed"
    to_the_end(run)
    assert ["seed" in body for body in server.requests()] == [True, True, False, False]


def test_a_batch_that_is_refused_for_another_reason_fails_with_it(server):
    server.problems, server.ends = [{"code": "billing", "message": "Your account is not active."}], "failed"
    run = to_the_end(started(server))
    assert texts(run)[0] == ("failed", "The provider refused the batch: billing Your account is not active.")


def test_a_field_that_the_record_asks_for_is_never_left_out(server):
    server.answer = refusing("temperature", "Unsupported parameter: 'temperature'")
    run = to_the_end(started(server, decoding={"temperature": 0.7}))
    assert {status for status, _ in texts(run)} == {"failed"}
    assert "decoding.temperature" in texts(run)[0][1]


LONG = [
    {"speaker": "Maya", "content": f"Line {n}: we ship the checkout on Friday, and nobody objects."} for n in range(90)
]


def test_a_long_meeting_is_ordered_chapter_by_chapter_and_then_as_a_whole(server):
    server.answer = lambda body: (200, completion("Notes." if "Line" in body["messages"][-1]["content"] else "Whole."))
    run = to_the_end(
        started(
            server, documents=1, long_input={"strategy": "chapterize", "chapter_tokens": 64}, turns=LONG, window=1024
        )
    )
    summary = run.summaries.get()
    assert summary.text == "Whole."
    assert summary.chapters > 1
    assert server.times("POST /batches") == 2
    assert summary.calls.count() == summary.chapters + 1
    assert len(server.requests()) <= summary.chapters + 1
    assert not BatchCall.objects.exists()


def test_a_chapter_that_failed_is_ordered_again_without_its_neighbours(server):
    met = []

    def once_busy(body):
        if "Line 0:" in body["messages"][-1]["content"] and not met:
            met.append(body)
            return 500, {"error": {"message": "Out of memory"}}
        return 200, completion("Notes." if "Line" in body["messages"][-1]["content"] else "Whole.")

    server.answer = once_busy
    run = to_the_end(
        started(
            server, documents=1, long_input={"strategy": "chapterize", "chapter_tokens": 64}, turns=LONG, window=1024
        )
    )
    assert run.summaries.get().text == "Whole."
    assert len([body for body in server.requests() if "Line 0:" in body["messages"][-1]["content"]]) == 2
    assert len([body for body in server.requests() if "Line 80:" in body["messages"][-1]["content"]]) == 1


def test_cancelling_a_run_cancels_its_batch_at_the_provider(server):
    server.open_looks = 99
    run = started(server)
    collect(run)
    step(run)
    lifecycle.cancel_run(run)
    step(run)
    assert server.times("POST /batches/*/cancel") == 1
    assert {status for status, _ in texts(run)} == {"cancelled"}
    assert run.batches.get().status == "done"


def test_a_run_that_is_cancelled_before_the_order_orders_nothing(server):
    run = started(server)
    collect(run)
    lifecycle.cancel_run(run)
    step(run)
    assert server.seen == []
    lifecycle.resume_run(run)
    to_the_end(run)
    assert {status for status, _ in texts(run)} == {"done"}


def test_a_batch_that_was_cancelled_there_by_somebody_fails_its_summaries(server):
    server.ends, server.edit, server.answer = "cancelled", lambda lines: lines[:1], echo
    run = to_the_end(started(server))
    assert [status for status, _ in texts(run)] == ["done", "failed"]
    assert "was cancelled at the provider" in texts(run)[1][1]


def test_a_batch_that_was_given_up_fails_its_summaries_and_can_be_looked_at_again(server):
    run = started(server)
    collect(run)
    step(run)
    run.batches.update(status="failed", failure_reason=ProviderBatch.WORKER_ENDED)
    sweep_runs()
    assert set(texts(run)) == {("failed", ProviderBatch.WORKER_ENDED)}
    run.refresh_from_db()
    lifecycle.retry_failed(run)
    to_the_end(run)
    assert server.times("POST /batches") == 1
    assert {status for status, _ in texts(run)} == {"done"}


def test_no_transcript_stays_at_the_provider(server):
    to_the_end(started(server))
    assert server.files == {}


def test_the_key_is_in_no_row(server, monkeypatch):
    key = "sk-never-to-be-seen"
    monkeypatch.setenv("FAR_KEY", key)
    server.answer = lambda body: (400, {"error": {"message": f"Incorrect {key}"}})
    run = to_the_end(started(server, key_env="FAR_KEY"))
    assert "Incorrect [FAR_KEY]" in texts(run)[0][1]
    rows = [
        *Summary.objects.values(),
        *ProviderBatch.objects.values(),
        *BatchCall.objects.values(),
        *Run.objects.values(),
    ]
    assert key not in str(rows)
