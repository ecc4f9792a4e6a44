"""Servers that take requests and give answers of many shapes, and what an adapter makes of them."""

from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import SummaryRequest, SystemSpec
from tests.servers.endpoint import completion, endpoint

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


def usage(answer, **numbers):
    return answer | {"usage": answer["usage"] | numbers}
