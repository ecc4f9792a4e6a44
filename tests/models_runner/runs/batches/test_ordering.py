"""Summaries that are ordered in batches, from a real server that speaks the batch protocol; once, whoever is killed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from models_runner.models import BatchCall, ProviderBatch, Run
from models_runner.runs import lifecycle
from models_runner.runs.batches import collecting, ordering
from models_runner.runs.overview import run_status
from tests.models_runner.runs.batches.helpers import PRICE, collect, echo, started, step, texts, to_the_end

pytestmark = pytest.mark.django_db


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
