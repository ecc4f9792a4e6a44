"""Put an answer together that a server sends piece by piece, as some do for every request or for none else."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# "This model only support stream mode, please enable the stream parameter"
_ONLY_STREAMS = re.compile(
    r"(?:only|must|please|requires?|enable|set).{0,60}\bstream|\bstream\w*.{0,40}(?:only|must|required|enable|true)",
    re.IGNORECASE | re.DOTALL,
)


def wants_stream(told: str) -> bool:
    """Tell whether a refusal says that the server answers piece by piece only."""
    return bool(_ONLY_STREAMS.search(told))


def is_stream(body: object) -> bool:
    return isinstance(body, str) and body.lstrip()[:6].startswith(("data:", "event:", "id:", ":"))


def joined(body: str) -> dict[str, Any]:
    """Return the pieces of a stream as one answer, with the texts of its first choice joined.

    A stream that ends without saying so has broken off.
    """
    message: dict[str, Any] = {"role": "assistant"}
    answer: dict[str, Any] = {"choices": [{"message": message, "finish_reason": None}]}
    for piece in _pieces(body):
        answer |= {name: piece[name] for name in ("usage", "error") if piece.get(name)}
        for choice in piece.get("choices") or []:
            if not isinstance(choice, Mapping) or choice.get("index") not in (0, None):
                continue
            _add(message, choice.get("delta") or choice.get("message") or {})
            if choice.get("finish_reason"):
                answer["choices"][0]["finish_reason"] = choice["finish_reason"]
    if answer["choices"][0]["finish_reason"] is None and "[DONE]" not in body[-100:]:
        answer["choices"][0]["finish_reason"] = "error"
    return answer


def _pieces(body: str) -> Iterator[Mapping[str, Any]]:
    for line in body.splitlines():
        name, _, data = line.partition(":")
        if name != "data" or data.strip() in ("", "[DONE]"):
            continue
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, Mapping):
            yield value


def _add(message: dict[str, Any], delta: object) -> None:
    if not isinstance(delta, Mapping):
        return
    for name, value in delta.items():
        if name == "role" or value is None:
            continue
        before = message.get(name)
        joins = (isinstance(before, str) and isinstance(value, str)) or (
            isinstance(before, list) and isinstance(value, list)
        )
        message[name] = before + value if joins else value
