"""Answers as servers give them, thoughts apart: a real server of the test's own on a loopback port."""

import pytest

from models_runner.adapters.protocol import AdapterError
from tests.models_runner.adapters.openai_api.servers import (
    GOOD,
    SUMMARY,
    THOUGHT,
    adapter,
    request,
    summarize,
    usage,
)
from tests.servers.endpoint import always, completion, endpoint

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
