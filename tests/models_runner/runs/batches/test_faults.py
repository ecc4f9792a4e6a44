"""Batches of a provider that is busy, refuses, answers nonsense or writes a part alone."""

import json

import pytest

from models_runner.models import Run
from models_runner.runs import lifecycle
from models_runner.runs.batches import results
from tests.models_runner.runs.batches.helpers import collect, echo, started, step, texts, to_the_end
from tests.servers.endpoint import completion

pytestmark = pytest.mark.django_db


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
