"""Requests as servers take them and answers as they give them: a real server of the test's own on a loopback port."""

import threading
import time

import pytest

from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec, TransientAdapterError
from models_runner.adapters.registry import unload_all
from models_runner.models import Run, Summary
from models_runner.runs import generation, lifecycle
from tests.endpoint import always, completion, endpoint
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory

SUMMARY = "The library opens on Monday."
THOUGHT = "They want a summary. I am a model by Somebody."
GOOD = (200, {}, completion(SUMMARY))


def request(name="m0", content="We open on Monday."):
    return SummaryRequest(name, [{"speaker": "Maya", "content": content}], "en", "Sum it up.", "short")


def adapter(url, *, decoding=None, **engine):
    engine = {"base_url": url, "max_retries": 0, "timeout_seconds": 5} | engine
    return load(SystemSpec("far", "m", context_window=8192, decoding=decoding or {}, engine=engine))


def refused(message, param=None, code="unsupported_parameter", status=400):
    return status, {}, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def newest(body, sent):
    """As OpenAI's newest models: another name for the limit, and no temperature but 1."""
    if "max_tokens" in body:
        return refused("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                       "'max_completion_tokens' instead.", "max_tokens")  # fmt: skip
    if body.get("temperature", 1) != 1:
        return refused("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) "
                       "value is supported.", "temperature", "unsupported_value")  # fmt: skip
    return GOOD


def strict(body, sent):
    """As a server that takes no field that it does not know."""
    known = {"model", "messages", "max_tokens", "temperature"}
    extra = [name for name in body if name not in known]
    errors = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"} for name in extra
    ]
    return (422, {}, {"detail": errors}) if errors else GOOD


def without_system(body, sent):
    if any(message["role"] == "system" for message in body["messages"]):
        return refused("System role not supported", None, None)
    return GOOD


def broken_template(body, sent):
    """As a server whose template raises: 500."""
    if any(message["role"] == "system" for message in body["messages"]):
        return 500, {}, {"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}}
    return GOOD


def old(body, sent):
    return (
        refused("Unrecognized request argument supplied: max_completion_tokens")
        if "max_completion_tokens" in body
        else GOOD
    )


def summarize(answer, count=1, **settings):
    """(summaries, the bodies that were asked, the record) of a server that answers so."""
    with endpoint(answer) as server:
        loaded = adapter(server.url, **settings)
        made = loaded.summarize([request(f"m{n}", f"We open gate {n}.") for n in range(count)])
    return made, [body for _, _, body in server.requests], loaded.environment()["request"]


# ---- Requests


@pytest.mark.parametrize(
    ("server", "learnt"),
    [
        (newest, {"max_tokens": "sent as max_completion_tokens", "temperature": "not sent (was 0)"}),
        (strict, {"seed": "not sent (was 1)"}),
        (without_system, {"system message": "merged into the user's message"}),
        (broken_template, {"system message": "merged into the user's message"}),
    ],
)
def test_what_a_server_refuses_is_learnt_once_and_recorded(server, learnt):
    made, asked, record = summarize(server, count=6, concurrency=3)
    assert {one.text for one in made} == {SUMMARY}
    assert {lesson["field"]: lesson["change"] for lesson in record["learnt"]} == learnt
    assert all(lesson["told"] for lesson in record["learnt"])
    # The first request alone learns; everybody else asks in the shape that the server takes.
    assert len(asked) == 6 + len(learnt)
    assert all(server(body, {})[0] == 200 for body in asked[len(learnt) :])


@pytest.mark.parametrize("server", [newest, strict])
def test_a_record_that_says_what_is_sent_anyway_demands_nothing(server):
    made, _, record = summarize(server, decoding={"temperature": 0, "seed": 1})
    assert made[0].text == SUMMARY
    assert record["learnt"]


def test_a_limit_of_the_newer_name_is_renamed_to_the_older():
    made, asked, record = summarize(old, preset="openai")
    assert made[0].text == SUMMARY
    assert (asked[-1]["max_tokens"], record["limit_field"]) == (96, "max_tokens")


def test_requests_that_were_out_before_the_first_lesson_learn_it_too():
    """All at once, because nobody waits longer than LEARNING_SECONDS for the first."""
    together = threading.Barrier(3)

    def answer(body, sent):
        if "seed" in body:
            together.wait(timeout=5)
        return strict(body, sent)

    with endpoint(answer) as server:
        loaded = adapter(server.url, concurrency=3)
        loaded.engine._first_is_back.set()
        made = loaded.summarize([request(f"m{n}", f"Gate {n}.") for n in range(3)])
    assert {one.text for one in made} == {SUMMARY}
    assert len(loaded.environment()["request"]["learnt"]) == 1
    assert len(server.requests) == 6


def test_the_merged_prompt_is_on_record_as_it_was_sent():
    made, asked, _ = summarize(without_system)
    assert asked[-1]["messages"][0]["content"].startswith("You write summaries of meetings.\n\nMaya: We open")
    assert made[0].calls[0].prompt == "[user]\n" + asked[-1]["messages"][0]["content"]


@pytest.mark.parametrize(("way", "roles"), [("send", ["system", "user"]), ("merge", ["user"]), ("omit", ["user"])])
def test_a_record_says_what_becomes_of_the_system_message(way, roles):
    _, asked, record = summarize(lambda body, sent: GOOD, system_message=way)
    assert [message["role"] for message in asked[0]["messages"]] == roles
    assert ("You write summaries" in str(asked[0]["messages"])) == (way != "omit")
    assert record["system_message"] == way


@pytest.mark.parametrize(
    ("server", "settings", "message"),
    [
        (newest, {"decoding": {"temperature": 0.7}}, r"refuses 'temperature' \(.*decoding.temperature: 0.7.*engine.omit: \[temperature\]"),
        (newest, {"decoding": {"temperature": 0.0001}}, r"refuses 'temperature'"),
        (strict, {"decoding": {"seed": 7}}, r"refuses 'seed' \(.*decoding.seed: 7.*Add a copy"),
        (strict, {"decoding": {"seed": None, "top_p": 0.9}}, r"refuses 'top_p' \(.*decoding.top_p: 0.9"),
        (strict, {"decoding": {"seed": None}, "extra_body": {"safe": True}}, r"refuses 'safe' \(.*engine.extra_body.safe"),
        (strict, {"decoding": {"seed": None}, "thinking": False}, r"refuses 'chat_template_kwargs' \(.*engine.thinking"),
        (newest, {"limit_field": "max_tokens"}, r"refuses 'max_tokens' .*engine.limit_field"),
        (without_system, {"system_message": "send"}, r"refuses the system message .*merge, or omit"),
    ],
)  # fmt: skip
def test_what_the_record_demands_is_never_changed(server, settings, message):
    with pytest.raises(AdapterError, match=message) as caught:
        summarize(server, **settings)
    assert not isinstance(caught.value, TransientAdapterError)


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        ({"decoding": {"seed": None}}, {"seed"}),
        ({"decoding": {"temperature": None, "seed": None}}, {"seed", "temperature"}),
        ({"omit": ["seed", "temperature"]}, {"seed", "temperature"}),
        ({"decoding": {"temperature": 0.5}, "omit": ["temperature"]}, {"temperature"}),
    ],
)
def test_fields_can_be_left_out(settings, absent):
    _, asked, _ = summarize(lambda body, sent: GOOD, **settings)
    assert not absent & set(asked[0])
    assert {"model", "messages", "max_tokens"} <= set(asked[0])


def test_extra_fields_and_another_name_of_the_limit_are_sent():
    _, asked, _ = summarize(lambda body, sent: GOOD, limit_field="max_new_tokens", extra_body={"safe_prompt": True})
    assert (asked[0]["max_new_tokens"], asked[0]["safe_prompt"]) == (96, True)
    assert "max_tokens" not in asked[0]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("openai", {"max_completion_tokens": 96, "seed": 1}),
        ("mistral", {"max_tokens": 96, "random_seed": 1}),
        ("anthropic", {"max_tokens": 96, "temperature": 0}),
        ("google", {"max_tokens": 96}),
        ("vllm", {"max_tokens": 96, "repetition_penalty": 1.0, "top_k": -1}),
        ("sglang", {"repetition_penalty": 1.0}),
        ("ollama", {"seed": 1}),
        ("llamacpp", {"seed": 1}),
        ("tgi", {"seed": 1}),
    ],
)
def test_a_preset_speaks_as_its_server_wants(preset, expected):
    _, asked, record = summarize(lambda body, sent: GOOD, preset=preset)
    assert expected.items() <= asked[0].items()
    assert record["preset"] == preset
    assert ("seed" in asked[0]) == (preset not in ("mistral", "anthropic"))


def test_the_decoding_record_goes_before_the_preset_under_the_servers_name():
    decoding = {"repetition_penalty": 1.2, "seed": 5}
    _, asked, _ = summarize(lambda body, sent: GOOD, preset="vllm", decoding=decoding)
    assert (asked[0]["repetition_penalty"], asked[0]["seed"]) == (1.2, 5)
    _, asked, _ = summarize(lambda body, sent: GOOD, preset="llamacpp", decoding=decoding)
    assert asked[0]["repeat_penalty"] == 1.2
    assert "repetition_penalty" not in asked[0]


@pytest.mark.parametrize(
    ("preset", "thinking", "expected"),
    [
        ("", False, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", True, {"chat_template_kwargs": {"enable_thinking": True}}),
        ("openai", False, {"reasoning_effort": "none"}),
        ("ollama", False, {"reasoning_effort": "none"}),
        ("anthropic", True, {"thinking": {"type": "enabled", "budget_tokens": 2048}, "temperature": 1}),
        ("mistral", True, {"prompt_mode": "reasoning"}),
        ("google", False, {"reasoning_effort": "none"}),
    ],
)
def test_the_switch_of_thinking_is_the_servers_own(preset, thinking, expected):
    _, asked, record = summarize(lambda body, sent: GOOD, preset=preset, thinking=thinking)
    assert expected.items() <= asked[0].items()
    assert record["thinking"] is thinking


def test_a_server_without_a_switch_says_so():
    with pytest.raises(AdapterError, match=r"preset 'tgi' has no switch"):
        adapter("http://127.0.0.1:9/v1", preset="tgi", thinking=True)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [({}, 96), ({"thinking": True}, 2144), ({"thinking": False}, 96), ({"thinking_tokens": 500}, 596)],
)
def test_thinking_has_tokens_of_its_own(settings, limit):
    _, asked, record = summarize(lambda body, sent: GOOD, **settings)
    assert asked[0]["max_tokens"] == limit
    assert record["thinking_tokens"] == limit - 96


def test_the_tokens_for_thinking_are_kept_free_in_the_window():
    long = request(content="We open on Monday. " * 3000)
    with endpoint(lambda body, sent: GOOD) as server:
        without, with_thinking = (
            adapter(server.url, **more).summarize([long])[0] for more in ({}, {"thinking_tokens": 4000})
        )
    assert with_thinking.dropped_tokens > without.dropped_tokens + 3000


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ({"preset": "openia"}, r"engine.preset is 'openia'; expected one of openai, mistral"),
        ({"limit_field": "max tokens"}, "engine.limit_field"),
        ({"omit": "seed"}, "engine.omit"),
        ({"extra_body": ["seed"]}, "engine.extra_body"),
        ({"extra_body": {"messages": []}}, "engine.extra_body holds 'messages'"),
        ({"system_message": "drop"}, "engine.system_message is 'drop'; expected one of send, merge, omit"),
        ({"thinking": "yes"}, "engine.thinking is 'yes'; expected true or false"),
        ({"thinking_tokens": -1}, "engine.thinking_tokens"),
        ({"thinking_tokens": True}, "engine.thinking_tokens"),
    ],
)
def test_a_wrong_setting_is_named(engine, message):
    with pytest.raises(AdapterError, match=message):
        adapter("http://127.0.0.1:9/v1", **engine)


# ---- Answers


ANSWERS = {
    "think": completion(f"<think>\n{THOUGHT}\n</think>\n\n{SUMMARY}"),
    "think, closed only": completion(f"{THOUGHT}\n</think>\n\n{SUMMARY}"),
    "channels": completion(f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{SUMMARY}"),
    "reasoning_content": completion(SUMMARY, reasoning_content=THOUGHT),
    "reasoning": completion(SUMMARY, reasoning=THOUGHT),
    "reasoning as an object": completion(SUMMARY, reasoning={"content": THOUGHT}),
    "reasoning_details": completion(SUMMARY, reasoning_details=[{"type": "reasoning.text", "text": THOUGHT}]),
    "reasoning and its details": completion(SUMMARY, reasoning=THOUGHT, reasoning_details=[{"type": "reasoning.text", "text": THOUGHT}]),
    "thinking blocks": completion(
        [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}, {"type": "text", "text": SUMMARY}]),
    "thinking as text": completion([{"type": "thinking", "thinking": THOUGHT, "signature": "x"}, {"type": "text", "text": SUMMARY}]),
    "reasoning block": completion([{"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]},
                                   {"type": "output_text", "text": SUMMARY, "annotations": []}]),
    "reasoning block with text": completion([{"type": "reasoning", "text": THOUGHT}, {"type": "text", "text": SUMMARY}]),
    "a field and blocks": completion([{"type": "text", "text": SUMMARY}], reasoning_content=THOUGHT),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_thoughts_are_parted_from_the_summary_and_kept(answer):
    made, _, _ = summarize(always(200, answer))
    assert (made[0].text, made[0].thoughts, made[0].stop_reason) == (SUMMARY, THOUGHT, "end")
    assert (made[0].calls[0].output, made[0].calls[0].thoughts) == (SUMMARY, THOUGHT)


PLAIN = {
    "text": completion(SUMMARY),
    "one block": completion({"type": "text", "text": SUMMARY}),
    "blocks": completion([{"type": "text", "text": "The library "}, {"type": "text", "text": "opens on Monday."}]),
    "text in an object": completion([{"type": "text", "text": {"value": SUMMARY, "annotations": []}}]),
    "output_text": completion([{"type": "output_text", "text": SUMMARY}]),
    "no finish reason": completion(SUMMARY, reason=None),
    "another word for the end": completion(SUMMARY, reason="eos_token"),
    "an empty refusal": completion(SUMMARY, refusal=None),
    "no reasoning": completion(SUMMARY, reasoning_content=None, reasoning=""),
    "a tool beside the text": completion([{"type": "text", "text": SUMMARY}, {"type": "tool_use", "name": "x"}]),
}


@pytest.mark.parametrize("answer", PLAIN.values(), ids=PLAIN)
def test_an_answer_of_any_form_is_a_summary(answer):
    made, _, _ = summarize(always(200, answer))
    assert (made[0].text, made[0].thoughts, made[0].stop_reason) == (SUMMARY, "", "end")


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length", "MAX_TOKENS"])
def test_every_word_for_a_limit_is_known(reason):
    made, _, _ = summarize(always(200, completion(SUMMARY, reason=reason)))
    assert made[0].stop_reason == "length"


def test_an_answer_as_long_as_its_limit_and_without_a_reason_was_cut():
    made, _, _ = summarize(always(200, completion(SUMMARY, reason=None)), decoding={"max_tokens": 3})
    assert made[0].stop_reason == "length"


def usage(answer, **numbers):
    return answer | {"usage": answer["usage"] | numbers}


SPENT = {
    "reasoning_content": completion(None, reason="length", reasoning_content=THOUGHT),
    "reasoning": completion("", reason="length", reasoning=THOUGHT),
    "think": completion(f"<think>{THOUGHT}", reason="length"),
    "channel": completion(f"<|channel|>analysis<|message|>{THOUGHT}", reason="length"),
    "blocks": completion([{"type": "thinking", "thinking": THOUGHT}], reason="length"),
}


@pytest.mark.parametrize("answer", SPENT.values(), ids=SPENT)
def test_a_limit_that_was_spent_on_thinking_says_so(answer):
    made, _, _ = summarize(always(200, answer))
    assert (made[0].text, made[0].thoughts, made[0].stop_reason) == ("", THOUGHT, "thinking")


@pytest.mark.parametrize(
    "answer",
    [
        usage(completion(None, reason="length"), completion_tokens_details={"reasoning_tokens": 3}),
        completion("", reason="length"),
    ],
    ids=["told", "not told"],
)
def test_a_limit_that_was_spent_on_hidden_thinking_says_so(answer):
    made, _, _ = summarize(always(200, answer))
    assert (made[0].stop_reason, made[0].thoughts, made[0].thinking_tokens) == ("thinking", "", 3)


@pytest.mark.parametrize(
    ("answer", "settings", "expected"),
    [
        (completion(THOUGHT, reason="length"), {"thinking": True}, ("", THOUGHT, "thinking")),
        (completion(f"{THOUGHT}</think>{SUMMARY}", reason="length"), {"thinking": True}, (SUMMARY, THOUGHT, "length")),
        (completion(SUMMARY, reason="length", reasoning_content=THOUGHT), {"thinking": True}, (SUMMARY, THOUGHT, "length")),
        (completion(SUMMARY), {"thinking": True}, (SUMMARY, "", "end")),
        (completion(SUMMARY, reason="length"), {"thinking": False}, (SUMMARY, "", "length")),
        (completion(SUMMARY, reason="length"), {}, (SUMMARY, "", "length")),
        (completion(SUMMARY, reason="length"), {"thinking": True, "preset": "openai"}, (SUMMARY, "", "length")),
    ],
    ids=["no mark", "closed", "in a field", "ended", "does not think", "not said", "a server that keeps thoughts apart"],
)  # fmt: skip
def test_a_cut_answer_of_a_model_that_thinks_is_a_thought_unless_it_says_that_the_thought_ended(
    answer, settings, expected
):
    made, _, _ = summarize(always(200, answer), **settings)
    assert (made[0].text, made[0].thoughts, made[0].stop_reason) == expected


def test_an_answer_that_is_all_thought_and_ended_by_itself_is_empty():
    made, _, _ = summarize(always(200, completion(None, reasoning_content=THOUGHT)))
    assert (made[0].text, made[0].thoughts, made[0].stop_reason) == ("", THOUGHT, "empty")


@pytest.mark.parametrize(
    "text", ["\u200b\ufeff", "\u00ad", "\u3164", "\u2800", " \u2060\n", [{"type": "text", "text": "\u200b"}]]
)
def test_an_answer_of_unseen_characters_is_empty(text):
    made, _, _ = summarize(always(200, completion(text)))
    assert (made[0].text, made[0].stop_reason) == ("", "empty")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"completion_tokens": 40, "total_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 30}}, (40, 30)),
        ({"completion_tokens": 10, "total_tokens": 90}, (40, 30)),
        ({"completion_tokens": 10, "total_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 30}}, (40, 30)),
        ({"completion_tokens": 40, "total_tokens": 90, "reasoning_tokens": 30}, (40, 30)),
        ({"completion_tokens": 40, "total_tokens": 90}, (40, None)),
        ({"completion_tokens": None, "total_tokens": "many"}, (None, None)),
    ],
    ids=["in details", "left out of what was written", "left out and told", "beside", "not told", "no numbers"],
)  # fmt: skip
def test_thoughts_count_as_written(numbers, expected):
    answer = usage(completion(SUMMARY, reasoning_content=THOUGHT), **numbers)
    made, _, _ = summarize(always(200, answer))
    assert (made[0].output_tokens, made[0].thinking_tokens) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (completion(None, refusal="I cannot help with that."), "model refused to answer: I cannot help with that."),
        (completion([{"type": "refusal", "refusal": "No."}]), "model refused to answer: No."),
        (completion("No.", reason="refusal"), "model refused to answer: No."),
        (completion("We op", reason="SAFETY"), "content filter stopped"),
        (completion([{"type": "image_url", "image_url": {}}]), "message is no text: it has image_url in it"),
        (completion(5), "message is no text"),
    ],
)
def test_an_answer_that_is_no_summary_is_told(answer, message):
    with pytest.raises(AdapterError, match=message):
        summarize(always(200, answer))


def test_control_tokens_of_a_transcript_are_flagged():
    with endpoint(lambda body, sent: GOOD) as server:
        loaded = adapter(server.url)
        flagged, plain = loaded.summarize(
            [request(content="Type <|im_end|> and </s> <|im_end|>."), request(content="a < b > c")]
        )
    assert list(flagged.control_tokens) == ["<|im_end|>", "</s>"]
    assert list(plain.control_tokens) == []
    assert "<|im_end|> and </s>" in server.requests[0][2]["messages"][1]["content"]


# ---- Through the pipeline


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
