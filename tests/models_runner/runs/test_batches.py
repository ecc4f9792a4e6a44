"""Summaries that are ordered in batches, from a real server that speaks the batch protocol."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from models_runner.adapters.registry import unload_all
from models_runner.models import BatchCall, ProviderBatch, Run, Summary
from models_runner.runs import generation, lifecycle
from models_runner.runs.batches import collecting, ordering, results
from models_runner.runs.overview import run_status
from models_runner.runs.sweeping import sweep_runs
from tests.batch_server import batch_server
from tests.endpoint import completion
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory

pytestmark = pytest.mark.django_db

OWNER = "elsewhere/1:1:1:1"
PRICE = {"input": 2.0, "output": 8.0}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch, settings):
    settings.BATCH_POLL_SECONDS = settings.RETRY_SECONDS = 0
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    yield
    unload_all()


@pytest.fixture
def server():
    with batch_server() as server:
        yield server


def started(server, documents=2, decoding=None, long_input=None, turns=None, window=2048, **engine):
    engine = {"base_url": server.url, "preset": "openai", "batch": True, "max_retries": 0} | engine
    system = SystemFactory(
        adapter="openai", model_id="m", context_window=window, engine=engine, price=PRICE,
        decoding=decoding or {}, long_input=long_input or {},
    )  # fmt: skip
    dataset = DatasetFactory()
    for n in range(documents):
        turn = {"speaker": "Maya", "content": f"We ship part {n} on Friday."}
        DocumentFactory(dataset=dataset, transcript=turns or [turn])
    return lifecycle.start_run(system, dataset)


def collect(run):
    return generation.work_on_run(run.pk, owner=OWNER)


def step(run):
    """One look at every open batch; what it said."""
    keys = list(run.batches.open().values_list("pk", flat=True))
    return [ordering.work_on_batch(pk, owner=OWNER) for pk in keys]


def to_the_end(run, rounds=12):
    for _ in range(rounds):
        collect(run)
        step(run)
        run.refresh_from_db()
        if run.status not in ("pending", "running"):
            return run
    raise AssertionError(f"still {run.status}: {list(run.batches.values())}")


def texts(run):
    rows = run.summaries.order_by("document__position")
    return [(s.status, s.text or s.failure_reason) for s in rows]


def echo(body):
    """The part that a prompt is about."""
    said = body["messages"][-1]["content"]
    return 200, completion(f"About part {said.partition('part ')[2][:1]}.")


def test_a_run_is_ordered_in_one_batch_and_read_by_its_ids(server):
    server.answer, server.edit = echo, lambda lines: lines[::-1]
    run = to_the_end(started(server, documents=3))
    assert texts(run) == [("done", f"About part {n}.") for n in range(3)]
    assert run.status == Run.Status.DONE
    assert server.times("POST /batches") == server.times("POST /files") == 1
    assert not BatchCall.objects.exists()


def test_the_requests_are_those_of_single_calls(server):
    to_the_end(started(server, documents=1))
    (body,) = server.requests()
    assert body["model"] == "m"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["max_completion_tokens"], body["temperature"], body["seed"]) == (256, 0, 1)
    (order,) = server.orders.values()
    assert (order["endpoint"], order["completion_window"]) == ("/v1/chat/completions", "24h")


def test_time_is_undefined_and_the_price_is_that_of_batches(server):
    run = to_the_end(started(server, documents=1))
    summary = run.summaries.get()
    assert (summary.seconds, summary.energy_joules) == (None, None)
    assert [call.seconds for call in summary.calls.all()] == [None]
    totals = run_status(run).totals
    assert totals.total_seconds is None
    assert totals.dollars == pytest.approx(0.5 * (50 * 2 + 3 * 8) / 1e6)
    run.system.price = PRICE | {"batch": 0.25}
    assert run_status(run).totals.dollars == pytest.approx(0.25 * (50 * 2 + 3 * 8) / 1e6)


def test_nothing_holds_a_worker_while_the_provider_writes(server):
    server.open_looks = 2
    run = started(server)
    collect(run)
    step(run)
    assert set(run.summaries.values_list("status", "owner")) == {("pending", "")}
    assert run.batches.get().status == "pending"
    assert collect(run) == f"run {run.pk}: nothing waits"
    to_the_end(run)


def test_the_gaps_between_looks_grow_and_have_an_end(server, settings):
    settings.BATCH_POLL_SECONDS = 30
    server.open_looks = 99
    run, gaps = started(server), []
    collect(run)
    for _ in range(14):
        (said,) = step(run)
        gaps.append(int(said.rpartition(" in ")[2].removesuffix(" s")))
        assert step(run) == [f"batch {run.batches.get().pk}: held elsewhere, finished or gone"]
        run.batches.update(not_before=None)
    assert gaps[:4] == [30, 45, 68, 101]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 900


def test_batches_are_bounded_in_requests_and_bytes(server, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_REQUESTS", 2)
    run = started(server, documents=5)
    collect(run)
    assert list(run.batches.values_list("requests", flat=True)) == [2, 2, 1]
    monkeypatch.setattr(collecting, "MOST_BYTES", 700)
    run = started(server, documents=3)
    collect(run)
    assert list(run.batches.values_list("requests", flat=True)) == [1, 1, 1]


class Killed(BaseException):
    """Stands for a worker that ends at once: nothing after it is done."""


def kill_when(monkeypatch, at):
    """End the worker the first time that it calls ordering's function of this name."""
    real, ended = getattr(ordering, at), []

    def die_once(*args):
        if not ended:
            ended.append(at)
            raise Killed
        return real(*args)

    monkeypatch.setattr(ordering, at, die_once)


def killed(run, monkeypatch, at):
    kill_when(monkeypatch, at)
    with pytest.raises(Killed):
        step(run)
    run.batches.update(lease_until=timezone.now() - timedelta(hours=1))
    assert ProviderBatch.objects.free_stale(timezone.now()) == 1


@pytest.mark.parametrize("repeats_metadata", [True, False])
def test_a_worker_killed_between_the_order_and_its_id_does_not_order_twice(server, monkeypatch, repeats_metadata):
    server.repeats_metadata = repeats_metadata
    run = started(server)
    collect(run)
    killed(run, monkeypatch, "_note_order")
    assert (server.times("POST /batches"), run.batches.get().provider_id) == (1, "")
    to_the_end(run)
    assert (server.times("POST /batches"), server.times("POST /files")) == (1, 1)
    assert {status for status, _ in texts(run)} == {"done"}


@pytest.mark.parametrize(("at", "orders", "files"), [("_write_lines", 1, 1), ("_wait", 1, 1), ("settle", 1, 1)])
def test_a_killed_worker_costs_no_second_order(server, monkeypatch, at, orders, files):
    run = started(server)
    collect(run)
    if at == "settle":
        step(run)
    killed(run, monkeypatch, at)
    to_the_end(run)
    assert (server.times("POST /batches"), server.times("POST /files")) == (orders, files)
    assert {status for status, _ in texts(run)} == {"done"}


def test_an_order_whose_answer_never_came_is_found_and_not_made_again(server):
    real = server.carry_out

    def lose_the_answer(method, path, data):
        answer = real(method, path, data)
        return (500, {"error": {"message": "Gateway"}}) if (method, path) == ("POST", "/batches") else answer

    server.carry_out = lose_the_answer
    run = to_the_end(started(server))
    assert server.times("POST /batches") == 1
    assert {status for status, _ in texts(run)} == {"done"}


def test_a_provider_without_a_list_is_not_asked_a_second_time_until_somebody_says_so(server):
    real = server.carry_out

    def lose_the_answer(method, path, data):
        answer = real(method, path, data)
        return (500, {"error": {"message": "Gateway"}}) if (method, path) == ("POST", "/batches") else answer

    server.carry_out = lose_the_answer
    server.faults["GET /batches"] = [(404, {"error": {"message": "Not found"}})]
    run = to_the_end(started(server))
    assert {status for status, _ in texts(run)} == {"failed"}
    assert "It is not known whether the provider took the order" in texts(run)[0][1]
    assert server.times("POST /batches") == 1
    lifecycle.retry_failed(run)
    to_the_end(run)
    assert server.times("POST /batches") == 1
    assert {status for status, _ in texts(run)} == {"done"}


@pytest.mark.parametrize("what", ["POST /files", "GET /batches/*", "GET /files/*/content"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_provider_is_asked_again(server, what, status):
    server.faults[what] = [(status, {"error": {"message": "Later"}})]
    run = to_the_end(started(server))
    assert {status for status, _ in texts(run)} == {"done"}
    assert server.times("POST /batches") == 1


def test_a_provider_that_stays_busy_before_it_took_the_order_fails_the_summaries_with_its_words(server):
    server.faults["POST /files"] = [(429, {"error": {"message": "Too many"}})] * 99
    run = to_the_end(started(server))
    assert {status for status, _ in texts(run)} == {"failed"}
    assert "Too many" in texts(run)[0][1]
    assert "given up after 5 attempts" in texts(run)[0][1]


def test_a_refused_key_while_it_waits_loses_no_order(server):
    run = started(server)
    collect(run)
    step(run)
    server.faults["GET /batches/*"] = [(401, {"error": {"message": "Incorrect key"}})]
    to_the_end(run)
    assert "Incorrect key" in texts(run)[0][1]
    lifecycle.retry_failed(run)
    to_the_end(run)
    assert server.times("POST /batches") == 1
    assert {status for status, _ in texts(run)} == {"done"}


def test_an_endpoint_without_batches_says_what_to_do(server):
    server.faults["POST /files"] = [(404, {"error": {"message": "Not found"}})]
    run = to_the_end(started(server))
    assert "add a copy of the system without engine.batch" in texts(run)[0][1]


def test_each_summary_of_a_partly_failed_batch_has_its_own_end(server):
    answers = {"0": (200, completion("Fine.")), "1": (400, {"error": {"message": "Flagged by our policy"}})}
    server.answer = lambda body: answers[body["messages"][-1]["content"].partition("part ")[2][:1]]
    run = to_the_end(started(server))
    assert texts(run) == [
        ("done", "Fine."),
        ("failed", 'The endpoint refused the request: Error code: 400 - {"error": {"message": "Flagged by our policy"}}'),
    ]  # fmt: skip
    assert run.status == Run.Status.FAILED


def test_a_call_that_met_a_passing_fault_is_ordered_again_alone(server):
    met = []

    def once_busy(body):
        if "part 1" in body["messages"][-1]["content"] and not met:
            met.append(body)
            return 503, {"error": {"message": "Overloaded"}}
        return echo(body)

    server.answer = once_busy
    run = to_the_end(started(server))
    assert texts(run) == [("done", "About part 0."), ("done", "About part 1.")]
    assert len(server.requests()) == 3


def test_what_an_expired_batch_lacks_is_ordered_again(server):
    expired = {"code": "batch_expired", "message": "Not written in time."}

    def expire_one(lines):
        server.edit, server.ends = lambda lines: lines, "completed"
        return [lines[0], {"id": "x", "custom_id": lines[1]["custom_id"], "response": None, "error": expired}]

    server.edit, server.ends, server.answer = expire_one, "expired", echo
    run = to_the_end(started(server))
    assert texts(run) == [("done", "About part 0."), ("done", "About part 1.")]
    assert len(server.requests()) == 3


def test_summaries_that_no_batch_ever_writes_end_as_failed(server):
    server.edit, server.ends = lambda lines: [], "expired"
    run = to_the_end(started(server), rounds=20)
    assert {status for status, _ in texts(run)} == {"failed"}
    assert "expired before this was written. (given up after 5 attempts)" in texts(run)[0][1]


def test_strangers_repeats_nonsense_and_huge_lines_are_passed_over(server, monkeypatch):
    monkeypatch.setattr(results, "LONGEST_LINE", 2_000)

    def mixed(lines):
        other = json.loads(json.dumps(lines[0]).replace("About part 0.", "Another."))
        stranger = lines[0] | {"custom_id": "not-ours"}
        huge = lines[1] | {"response": {"status_code": 200, "body": completion("x" * 5_000)}}
        nonsense = [
            b"{not json\n",
            b"[1, 2]\n",
            b"null\n",
            b"[" * 1_500 + b"\n",
            b'{"custom_id": 7}\n',
            b"\n",
            b"\xff\n",
        ]
        return [stranger, *nonsense, huge, lines[0], other, lines[1]]

    server.answer, server.edit = echo, mixed
    run = to_the_end(started(server))
    assert texts(run) == [("done", "About part 0."), ("done", "About part 1.")]


def test_an_answer_that_cannot_be_read_fails_its_summary_alone(server):
    bad = {"choices": []}
    server.answer = lambda body: (200, bad) if "part 0" in body["messages"][-1]["content"] else echo(body)
    run = to_the_end(started(server))
    assert [status for status, _ in texts(run)] == ["failed", "done"]
    assert "has no message in it" in texts(run)[0][1]


def test_control_characters_in_an_answer_are_stored(server):
    server.answer = lambda body: (200, completion("A\x00 fine\ud800 summary."))
    run = to_the_end(started(server, documents=1))
    assert texts(run) == [("done", "A fine\ufffd summary.")]


def test_deleted_results_are_told_and_not_ordered_again_by_themselves(server):
    server.faults["GET /files/*/content"] = [(404, {"error": {"message": "No such file"}})]
    run = to_the_end(started(server))
    assert {status for status, _ in texts(run)} == {"failed"}
    assert "paid for and lost; retrying orders it anew" in texts(run)[0][1]
    assert server.times("POST /batches") == 1
    lifecycle.retry_failed(run)
    to_the_end(run)
    assert server.times("POST /batches") == 2
    assert {status for status, _ in texts(run)} == {"done"}


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"id": "../../admin", "status": "validating"}', b"null"])
def test_a_provider_that_answers_nonsense_to_an_order_is_looked_at_before_anything_else(server, content):
    real = server.carry_out

    def nonsense(method, path, data):
        answer = real(method, path, data)
        return (200, content) if (method, path) == ("POST", "/batches") else answer

    server.carry_out = nonsense
    run = to_the_end(started(server))
    assert server.times("POST /batches") == 1
    assert {status for status, _ in texts(run)} == {"done"}


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
