"""Read a server's answer: text or blocks, thoughts in fields or blocks, how it ended, and what it took."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models_runner.adapters.openai_api.streams import is_stream, joined
from models_runner.adapters.protocol import (
    AdapterError,
    RefusedError,
    TransientAdapterError,
    WrittenToken,
    written_tokens,
)

SHOWN_CHARACTERS = 200
CUT = (
    *("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length", "token_limit"),
    *("model_context_window_exceeded", "repetition_truncation"),
)
FILTERED = ("content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii", "sensitive")
TOOLS = ("tool_calls", "function_call", "tool_use")
BROKEN = (
    *("error", "failed", "abort", "aborted", "network_error", "cancelled", "canceled", "interrupted", "timeout"),
    *("insufficient_system_resource", "pause_turn"),
)
# How servers name what asking again does not mend, where they give a word and no status.
SPENT = re.compile(r"quota|balance|billing|credit", re.IGNORECASE)
LASTING = re.compile(
    rf"invalid|auth|permission|forbidden|denied|not[ _]?(?:found|exist|support)|unknown|{SPENT.pattern}", re.IGNORECASE
)
# Where servers put what the model thought, beside the answer; the first that is filled counts.
THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "thoughts", "reasoning_details", "thinking_blocks")
THOUGHT_BLOCKS = ("thinking", "reasoning", "thought", "redacted_thinking", "summary_text", "reasoning_text")
TEXT_BLOCKS = ("text", "output_text", "")
TEXT_FIELDS = ("text", "output_text", "content", "value")


@dataclass(frozen=True)
class ServerAnswer:
    """What a server answered.

    Attributes:
        text: The message's text; thoughts that are marked within it are still there.
        thoughts: Thoughts that the server gave apart.
        cut: Whether the output limit ended it.
        prompt_tokens: Tokens read; None where the server does not tell.
        output_tokens: Tokens written, thoughts included; None where the server does not tell.
        thinking_tokens: Those of them that were thoughts; None where the server does not tell.
        cached_tokens: Prompt tokens that were not read again; None where the server does not tell.
        tokens: The tokens of the text with the chances of others; none where the server does not tell.
    """

    text: str
    thoughts: str
    cut: bool
    prompt_tokens: int | None
    output_tokens: int | None
    thinking_tokens: int | None
    cached_tokens: int | None
    tokens: tuple[WrittenToken, ...] = ()


@dataclass
class _Message:
    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def read_answer(body: Any, limit: int) -> ServerAnswer:
    """Read the first choice of an answer.

    Args:
        body: The answer as JSON values.
        limit: The output limit that was sent.
    Raises:
        TransientAdapterError: The server says that it broke off, or is busy.
        AdapterError: There is no message, it is no text, the model refused or called a tool, or a filter stopped it.
    """
    body = joined(body) if is_stream(body) else _values(body)
    choice = _choice(body)
    message, reason = choice["message"], str(choice.get("finish_reason") or "").lower()
    if reason in BROKEN or choice.get("error"):
        raise _broken(choice.get("error"))
    read = _read_message(message)
    text, thoughts = "".join(read.text), "\n\n".join(filter(None, map(str.strip, read.thoughts)))
    _check_answered(message, read, text, reason)
    read_tokens, written, thought, cached = _usage(body.get("usage"))
    cut = reason in CUT or (not reason and written is not None and written >= limit)
    if cut and not text and not thoughts and thought is None:
        thought = written  # what was written and is not shown
    tokens = written_tokens(choice.get("logprobs"))
    return ServerAnswer(text, thoughts, cut, read_tokens, written, thought, cached, tokens)


def _check_answered(message: dict[str, Any], read: _Message, text: str, reason: str) -> None:
    """Raise AdapterError if the model refused, called a tool, was stopped by a filter, or answered with no text."""
    if read.refusals or reason == "refusal":
        words = " ".join(read.refusals) or text
        raise RefusedError(f"The endpoint's model refused to answer: {words[:SHOWN_CHARACTERS]}")
    if reason in FILTERED:
        raise RefusedError("The endpoint's content filter stopped the answer; what it had written is no whole summary.")
    calls = message.get("tool_calls") or message.get("function_call")
    if reason in TOOLS or (calls and not text.strip()):
        raise AdapterError(
            "The endpoint's model asked to call a tool in place of an answer. Switch tools off on the server, or name "
            'its field for that in engine.extra_body, such as {"tool_choice": "none"}.'
        )
    if read.others and not text:
        raise AdapterError(
            f"The endpoint's message is no text: it has {', '.join(sorted(set(read.others)))} in it and no text."
        )


def tokens_told(body: Any) -> tuple[int | None, int | None]:
    """Return the tokens that an answer says were read and written; None for each that it does not tell."""
    values = _values(body)
    return _usage(values.get("usage") if isinstance(values, Mapping) else None)[:2]


def _values(body: Any) -> Any:
    """Return JSON that a server sent under the name of a text or a page; anything else as it is."""
    if isinstance(body, str) and body.lstrip("\ufeff \t\r\n")[:1] == "{":
        try:
            return json.loads(body.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            return body
    return body


def _choice(body: Any) -> Mapping[str, Any]:
    if isinstance(body, Mapping) and body.get("error"):
        raise _broken(body["error"])
    if isinstance(body, str) and body.lstrip()[:1] == "<":
        raise AdapterError(
            "The endpoint answered with a web page, not with JSON. Check engine.base_url; most end in /v1. The page: "
            f"{_shown(body)!r}"
        )
    choices = body.get("choices") if isinstance(body, Mapping) else None
    listed = [option for option in choices if isinstance(option, Mapping)] if isinstance(choices, list) else []
    choice = next((option for option in listed if option.get("index") == 0), listed[0] if listed else None)
    if not isinstance(choice, Mapping) or not isinstance(choice.get("message"), Mapping):
        raise AdapterError(f"The endpoint's answer has no message in it: {_shown(body)!r}")
    return choice


def _broken(error: Any) -> AdapterError:
    """Return the fault that a server tells of within an answer, whose status says that all is well."""
    code = error.get("code") if isinstance(error, Mapping) else None
    told = (error.get("message") if isinstance(error, Mapping) else error) or "it does not say why"
    status = int(str(code)) if str(code or "").isdigit() else 500
    passing = status in (408, 409, 429) or status >= 500
    if not str(code or "").isdigit():
        passing = not _names(error, LASTING)
    kind = TransientAdapterError if passing else AdapterError
    return kind(f"The endpoint broke off its answer: {_shown(told)}")


def _names(error: Any, faults: re.Pattern[str]) -> bool:
    """Tell whether a server names one of these faults, in the words that are meant for programs where it has any."""
    words = [error.get(name) for name in ("code", "type")] if isinstance(error, Mapping) else [error]
    return any(isinstance(word, str) and faults.search(word) for word in words)


def is_spent(error: Any) -> bool:
    """Tell whether a server that is too busy (429) says that an account is used up, which waiting does not mend."""
    return _names(error, SPENT)


def _shown(body: Any) -> str:
    return str(body)[:SHOWN_CHARACTERS]


def _read_message(message: Mapping[str, Any]) -> _Message:
    read = _Message()
    content = message.get("content")
    if isinstance(content, str):
        read.text.append(content)
    elif isinstance(content, Mapping | list):
        _read_blocks(content if isinstance(content, list) else [content], read)
    elif content is not None:
        raise AdapterError(f"The endpoint's message is no text: {_shown(content)!r}")
    if isinstance(refusal := message.get("refusal"), str) and refusal.strip():
        read.refusals.append(refusal)
    for name in THOUGHT_FIELDS:
        if told := _all_text(message.get(name)).strip():
            if told not in "".join(read.thoughts):
                read.thoughts.insert(0, told)
            break
    return read


def _read_blocks(blocks: Sequence[Any], read: _Message) -> None:
    for block in blocks:
        if isinstance(block, str):
            read.text.append(block)
            continue
        if not isinstance(block, Mapping):
            raise AdapterError(f"The endpoint's message is no text: {_shown(blocks)!r}")
        kind = str(block.get("type") or "").lower()
        if kind in THOUGHT_BLOCKS or kind.startswith(("reasoning", "thinking")):
            read.thoughts.append(_all_text(block))
        elif kind == "refusal":
            read.refusals.append(_all_text(block.get("refusal")) or "no words")
        elif kind in TEXT_BLOCKS:
            read.text.append(_all_text({name: block.get(name) for name in TEXT_FIELDS}))
        elif kind == "message":
            inner = block.get("content")
            _read_blocks(inner if isinstance(inner, list) else [{"type": "text", "text": inner}], read)
        else:
            read.others.append(kind)


def _all_text(value: Any) -> str:
    """Return every text in a value of whatever shape: a string, a block, or a list of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_all_text(inner) for inner in value)
    if isinstance(value, Mapping):
        names = (*TEXT_FIELDS, "thinking", "reasoning", "reasoning_content", "summary", "thought")
        return next((text for name in names if (text := _all_text(value.get(name)))), "")
    return ""


def _usage(usage: Any) -> tuple[int | None, int | None, int | None, int | None]:
    """Return the tokens read, written, thought and cached; None for each that is not told."""
    if not isinstance(usage, Mapping):
        return None, None, None, None
    read = _whole(usage, "prompt_tokens", "input_tokens")
    written = _whole(usage, "completion_tokens", "output_tokens")
    details = _mapping(usage, "completion_tokens_details", "output_tokens_details")
    thought = _whole({**details, **usage}, "reasoning_tokens", "thinking_tokens", "thoughts_tokens")
    cached = _whole(_mapping(usage, "prompt_tokens_details", "input_tokens_details"), "cached_tokens")
    total = _whole(usage, "total_tokens")
    if read is not None and written is not None and total is not None and total > read + written:
        # Some servers leave thoughts out of what was written, and bill them all the same.
        unseen = total - read - written
        thought = unseen if thought is None else thought
        written = total - read
    return read, written, thought, cached


def _mapping(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((usage[name] for name in names if isinstance(usage.get(name), Mapping)), {})


def _whole(values: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**31:
            return int(value)
    return None
