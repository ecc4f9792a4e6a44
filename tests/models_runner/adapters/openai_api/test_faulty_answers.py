"""What servers do beside answering: pages, redirects, tools, faults within an answer, streams."""

import json

import pytest

from models_runner.adapters.endpoints import check_endpoint
from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec, TransientAdapterError
from tests.servers.endpoint import always, completion, endpoint

SUMMARY = "The library opens on Monday."
KEY = "sk-never-to-be-seen"
TOOL = [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("FAR_KEY", KEY)


def summarize(answer, **engine):
    with endpoint(answer) as server:
        settings = {"base_url": server.url, "max_retries": 0, "timeout_seconds": 5, "key_env": "FAR_KEY"} | engine
        adapter = load(SystemSpec("far", "m", context_window=8192, engine=settings))
        turns = [{"speaker": "Maya", "content": "We open on Monday."}]
        (output,) = adapter.summarize([SummaryRequest("m0", turns, "en", "Sum it up.", "short")])
        return output, adapter.environment()["request"], [body for _, _, body in server.requests]


def stream(*deltas, reason="stop", done=True):
    pieces = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    pieces.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    pieces.append({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 6}})
    text = ": keep-alive\n\n" + "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces)
    return text + ("data: [DONE]\n\n" if done else "")


WORDS = ({"role": "assistant", "content": ""}, {"reasoning_content": "Hm, "}, {"reasoning_content": "so."},
         {"content": "The library opens "}, {"content": "on Monday."})  # fmt: skip


@pytest.mark.parametrize(
    ("status", "content", "headers", "kind", "message"),
    [
        (200, "<html><body>Sign in</body></html>", {"Content-Type": "text/html"}, AdapterError, "a web page, not with JSON. Check engine.base_url"),
        (302, "", {"Location": "http://127.0.0.1:9/v1"}, AdapterError, r"sends elsewhere \(302\): http://127.0.0.1:9/v1. Redirects are not"),
        (307, "", {}, AdapterError, "an address that it does not name"),
        (200, completion(None, reason="tool_calls", tool_calls=TOOL), {}, AdapterError, "asked to call a tool"),
        (200, completion("Let me look.", reason="tool_calls", tool_calls=TOOL), {}, AdapterError, "asked to call a tool"),
        (200, completion(None, tool_calls=TOOL), {}, AdapterError, "asked to call a tool"),
        (200, completion("The li", reason="error"), {}, TransientAdapterError, "broke off its answer"),
        (200, {"error": {"message": "Provider returned error", "code": 502}}, {}, TransientAdapterError, "broke off its answer: Provider returned error"),
        (200, {"error": {"message": "Too many", "code": 429}}, {}, TransientAdapterError, "Too many"),
        (200, {"error": {"message": "No such model", "code": 404}}, {}, AdapterError, "No such model"),
        (200, {"error": {"message": "Bad key", "code": "invalid_api_key"}}, {}, AdapterError, "Bad key"),
        (200, {"error": "model 'm' not found, try pulling it first"}, {}, AdapterError, "not found"),
        (200, {"error": {"message": "Overloaded", "type": "overloaded_error"}}, {}, TransientAdapterError, "Overloaded"),
        (429, {"error": {"message": "You used it up.", "type": "insufficient_quota", "code": "insufficient_quota"}}, {}, AdapterError, "refused the request: .* You used it up"),
        (429, {"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}, {}, TransientAdapterError, "Slow down"),
        (200, "[" * 100_000, {}, AdapterError, "cannot be read"),
        (200, completion("The li", reason="insufficient_system_resource"), {}, TransientAdapterError, "broke off its answer"),
        (200, completion("The li", reason="cancelled"), {}, TransientAdapterError, "broke off its answer"),
        (200, stream(*WORDS, reason=None, done=False), {"Content-Type": "text/event-stream"}, TransientAdapterError, "broke off"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_no_summary(status, content, headers, kind, message):
    with pytest.raises(AdapterError, match=message) as told:
        summarize(always(status, content, **headers))
    assert type(told.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        always(200, {"error": {"message": f"The key {KEY} is spent.", "code": 402}}),
        always(200, {"detail": f"Bearer {KEY}"}),
        always(302, "", Location=f"http://127.0.0.1:9/?key={KEY}"),
    ],
)
def test_a_key_that_the_server_repeats_is_not_told(answer):
    with pytest.raises(AdapterError, match=r"\[FAR_KEY\]") as told:
        summarize(answer)
    assert KEY not in str(told.value)


def test_an_answer_in_pieces_is_put_together():
    output, _, _ = summarize(always(200, stream(*WORDS), **{"Content-Type": "text/event-stream"}))
    assert (output.text, output.thoughts, output.output_tokens) == (SUMMARY, "Hm, so.", 6)


def test_a_server_that_answers_in_pieces_only_is_asked_so_from_then_on():
    def answer(body, sent):
        if not body.get("stream"):
            told = "This model only support stream mode, please enable the stream parameter to access the model."
            return 400, {}, {"error": {"message": told}}
        return 200, {"Content-Type": "text/event-stream"}, stream(*WORDS)

    output, request, bodies = summarize(answer)
    assert output.text == SUMMARY
    assert [body.get("stream") for body in bodies] == [None, True]
    assert [(lesson["field"], lesson["change"]) for lesson in request["learnt"]] == [
        ("stream", "answers come piece by piece")
    ]


@pytest.mark.parametrize("kind", ["text/plain", "text/html; charset=iso-8859-1"])
def test_json_under_another_name_is_json(kind):
    output, _, _ = summarize(always(200, json.dumps(completion("Grüße aus Köln.")), **{"Content-Type": kind}))
    assert output.text == "Grüße aus Köln."


def test_the_first_choice_is_the_one_of_number_0():
    answer = completion(SUMMARY)
    answer["choices"].insert(0, {"index": 1, "finish_reason": "stop", "message": {"content": "Another."}})
    assert summarize(always(200, answer))[0].text == SUMMARY


@pytest.mark.parametrize("reason", ["model_context_window_exceeded", "repetition_truncation"])
def test_a_limit_of_another_name_cuts_a_text(reason):
    assert summarize(always(200, completion("The library op", reason=reason)))[0].stop_reason == "length"


def test_a_list_of_texts_is_a_text():
    output, _, _ = summarize(always(200, completion(["The library opens ", "on Monday."])))
    assert output.text == SUMMARY


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions/", "/v1/responses"])
def test_the_address_of_a_request_is_no_base(path):
    with pytest.raises(AdapterError, match="the address before /chat/completions"):
        check_endpoint(f"http://127.0.0.1:8000{path}")
