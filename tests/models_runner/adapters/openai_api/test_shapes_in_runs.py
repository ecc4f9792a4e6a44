"""Runs over servers whose requests and answers have a shape of their own."""

import time

import pytest

from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import SummaryRequest, SystemSpec
from models_runner.adapters.registry import unload_all
from models_runner.models import Run, Summary
from models_runner.runs import generation, lifecycle
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory
from tests.models_runner.adapters.openai_api.servers import (
    SUMMARY,
    THOUGHT,
    newest,
    usage,
)
from tests.servers.endpoint import always, completion, endpoint


@pytest.fixture
def run_on(db, monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    unload_all()

    def start(url, documents=3, **fields):
        engine = {"base_url": url, "max_retries": 0, "timeout_seconds": 5}
        system = SystemFactory(adapter="openai", model_id="m", context_window=2048, engine=engine, **fields)
        dataset = DatasetFactory()
        for n in range(documents):
            DocumentFactory(dataset=dataset, external_id=f"m{n}")
        return lifecycle.start_run(system, dataset)

    yield start
    unload_all()


def work(run):
    generation.work_on_run(run.pk, owner="host:1:1:1")
    run.refresh_from_db()
    return list(run.summaries.all())


def test_a_run_records_what_was_learnt_and_keeps_what_it_recorded(run_on):
    with endpoint(newest) as server:
        run = run_on(server.url)
        assert {summary.text for summary in work(run)} == {SUMMARY}
    learnt = run.environment["adapter"]["request"]["learnt"]
    assert [lesson["field"] for lesson in learnt] == ["max_tokens", "temperature"]
    assert run.environment["system"]["slug"] == run.system.slug
    assert len(server.requests) == 5


def test_thoughts_are_stored_apart_and_counted_in_the_cost(run_on):
    answer = usage(completion(f"<think>{THOUGHT}</think>{SUMMARY}"), completion_tokens=40, total_tokens=90,
                   completion_tokens_details={"reasoning_tokens": 30})  # fmt: skip
    with endpoint(always(200, answer)) as server:
        run = run_on(server.url, 1, price={"output": 1_000_000})
        (summary,) = work(run)
    from models_runner.runs.overview import run_totals

    assert (summary.text, summary.thoughts, summary.output_tokens, summary.thinking_tokens) == (
        SUMMARY,
        THOUGHT,
        40,
        30,
    )
    call = summary.calls.get()
    assert (call.output, call.thoughts, call.thinking_tokens) == (SUMMARY, THOUGHT, 30)
    totals = run_totals(run)
    assert (totals.thought, totals.dollars, totals.spent) == (30, 40.0, 0)


def test_a_run_whose_limit_was_spent_on_thinking_has_summaries_without_text(run_on):
    with endpoint(always(200, completion(None, reason="length", reasoning_content=THOUGHT))) as server:
        run = run_on(server.url, 1)
        (summary,) = work(run)
    assert (summary.status, summary.text, summary.stop_reason) == (Summary.Status.DONE, "", "thinking")
    assert run.status == Run.Status.DONE


def test_a_demanded_setting_that_is_refused_fails_the_run_with_what_to_do(run_on):
    with endpoint(newest) as server:
        run = run_on(server.url, 1, decoding={"temperature": 0.7})
        (summary,) = work(run)
    assert summary.status == Summary.Status.FAILED
    assert "engine.omit: [temperature]" in summary.failure_reason
    assert "decoding.temperature: 0.7" in run.failure_reason


def test_chapters_are_combined_without_their_thoughts():
    def answer(body, sent):
        time.sleep(0.001)
        return 200, {}, completion(f"<think>{THOUGHT}</think>{SUMMARY}")

    long = SummaryRequest("m", [{"speaker": "Maya", "content": f"We open gate {n} on Monday."} for n in range(900)],
                          "en", "Sum it up.", "short")  # fmt: skip
    with endpoint(answer) as server:
        engine = {"base_url": server.url, "max_retries": 0}
        spec = SystemSpec("far", "m", context_window=2048, engine=engine, long_input={"strategy": "chapterize"})
        made = load(spec).summarize([long])[0]
    assert made.chapters > 1
    assert (made.text, made.thoughts) == (SUMMARY, "\n\n".join([THOUGHT] * len(made.calls)))
    last = server.requests[-1][2]["messages"][1]["content"]
    assert SUMMARY in last
    assert THOUGHT not in last
