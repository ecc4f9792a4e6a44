"""Requests as servers take them: a real server of the test's own on a loopback port."""

import threading

import pytest

from models_runner.adapters.protocol import AdapterError, TransientAdapterError
from tests.models_runner.adapters.openai_api.servers import (
    GOOD,
    SUMMARY,
    adapter,
    broken_template,
    newest,
    old,
    request,
    strict,
    summarize,
    without_system,
)
from tests.servers.endpoint import endpoint


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
