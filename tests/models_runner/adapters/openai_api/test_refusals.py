"""What servers refuse, in the words that they use."""

import json

import pytest

from models_runner.adapters.openai_api.refusals import SYSTEM, read_refusals

SENT = ("max_tokens", "temperature", "seed", SYSTEM)


def bad(message, param=None, code=None):
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def pydantic(*loc, kind="extra_forbidden", msg="Extra inputs are not permitted"):
    return {"type": kind, "loc": ["body", *loc], "msg": msg, "input": {"seed": 1, "temperature": 0, "max_tokens": 9}}


REFUSED = {
    "renamed limit": (
        bad("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "max_tokens", "unsupported_parameter"), {"max_tokens"}),
    "renamed limit, in words only": ({"error": {"message": "max_tokens is deprecated; use max_completion_tokens."}}, {"max_tokens"}),
    "only the default temperature": (
        bad("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            "temperature", "unsupported_value"), {"temperature"}),
    "temperature must be 1": (bad("temperature must be 1 for this model"), {"temperature"}),
    "temperature must be positive": (
        {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"}, {"temperature"}),
    "temperature deprecated": (bad("`temperature` is deprecated for this model."), {"temperature"}),
    "extra field": ({"detail": [pydantic("seed")]}, {"seed"}),
    "two extra fields": ({"detail": [pydantic("seed"), pydantic("temperature")]}, {"seed", "temperature"}),
    "extra field of an older pydantic": (
        {"detail": [pydantic("seed", kind="value_error.extra", msg="extra fields not permitted")]}, {"seed"}),
    "within a message": ({"object": "error", "message": {"detail": [pydantic("seed")]}, "code": 422}, {"seed"}),
    "as text of a list": (
        {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted', 'input': 1}]"},
        {"seed"}),
    "as text of JSON": ({"error": {"message": json.dumps({"detail": [pydantic("seed")]})}}, {"seed"}),
    "text after words": (
        bad("1 validation error: [{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"), {"seed"}),
    "field and colon": (bad("seed: Extra inputs are not permitted"), {"seed"}),
    "unknown name": (
        [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.', "status": "INVALID_ARGUMENT"}}], {"seed"}),
    "unknown field with what is known": (
        bad("unknown field `seed`, expected one of `model`, `messages`, `temperature`, `max_tokens`"), {"seed"}),
    "unrecognized": (bad("Unrecognized request argument supplied: seed"), {"seed"}),
    "not supported, listed": (bad("The following parameters are not supported: seed, temperature"), {"seed", "temperature"}),
    "allowed ones listed": (bad("Parameter seed is not allowed. Allowed parameters are: model, temperature, max_tokens."), {"seed"}),
    "you cannot use it": (bad("You cannot use seed with this model"), {"seed"}),
    "only param and code": (bad("Bad request", "seed", "unsupported_parameter"), {"seed"}),
    "detail is a text": ({"detail": "The parameter 'seed' is not supported by this backend."}, {"seed"}),
    "a text alone": ("Additional properties are not allowed ('seed' was unexpected)", {"seed"}),
    "errors by field": ({"errors": [{"field": "seed", "message": "unknown field"}]}, {"seed"}),
    "system role": (bad("System role not supported", "messages"), {SYSTEM}),
    "roles alternate": (bad("Conversation roles must alternate user/assistant/user/assistant/..."), {SYSTEM}),
    "roles alternate, from a template": (
        {"object": "error", "message": "Conversation roles must alternate user/assistant/user/assistant/... TemplateError", "code": 400}, {SYSTEM}),
    "only user and assistant": (bad("Only user and assistant roles are supported!"), {SYSTEM}),
    "role by pydantic": (
        {"detail": [pydantic("messages", 0, "role", kind="literal_error", msg="Input should be 'user' or 'assistant'")]}, {SYSTEM}),
    "unexpected role": (bad('messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter.'), {SYSTEM}),
    "role by serde": (bad("messages[0].role: unknown variant `system`, expected `user` or `assistant` at line 1 column 50"), {SYSTEM}),
    "developer instruction": ([{"error": {"code": 400, "message": "Developer instruction is not enabled for models/small-it"}}], {SYSTEM}),
    "begins with the user": (bad("Conversation must start with a user message."), {SYSTEM}),
    "system messages": (bad("This model does not support system messages"), {SYSTEM}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "fields"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_found_and_nothing_else(body, fields):
    for given in (body, json.dumps(body) if not isinstance(body, str) else body):
        refusals = read_refusals(given, SENT)
        assert {refusal.field for refusal in refusals} == fields
        assert all(0 < len(refusal.told) <= 160 for refusal in refusals)


OTHER = {
    "the context is too small": bad(
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8488 in the messages, 512 in the completion).",
        "messages", "context_length_exceeded"),
    "max_tokens is too large": bad(
        "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is 8192 tokens."),
    "max_tokens above the most": bad("Invalid 'max_tokens': integer above maximum value. Expected a value <= 4096.", "max_tokens", "integer_above_max_value"),
    "the key": bad("Incorrect API key provided: sk-x."),
    "the model": bad("The model `m` does not exist or you do not have access to it.", None, "model_not_found"),
    "no words": {"error": {}},
    "a page": "<html><body>Bad gateway</body></html>",
    "nothing": "",
    "null": None,
    "half JSON": '{"error": {"mess',
    "money": bad("You exceeded your current quota, please check your plan."),
}  # fmt: skip


@pytest.mark.parametrize("body", OTHER.values(), ids=OTHER)
def test_what_is_refused_for_another_reason_teaches_nothing(body):
    assert read_refusals(body, SENT) == []


def test_only_what_was_sent_can_be_refused():
    assert read_refusals(bad("Unsupported parameter: 'top_p'", "top_p", "unsupported_parameter"), SENT) == []
    assert read_refusals(bad("System role not supported"), ("seed",)) == []
