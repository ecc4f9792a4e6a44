"""The engine settings that every engine knows: the switch of thinking, its tokens, and the system message."""

from collections.abc import Mapping
from typing import Any

from models_runner.adapters.protocol import AdapterError

SEND, MERGE, OMIT = "send", "merge", "omit"
SYSTEM_MESSAGE_WAYS = (SEND, MERGE, OMIT)
DEFAULT_THINKING_TOKENS = 2048
LARGEST_SHARE = 4  # of the window: a quarter


def check_text_settings(engine: Mapping[str, Any]) -> None:
    """Check `thinking`, `thinking_tokens` and `system_message`. Raises AdapterError, which names the wrong one."""
    thinking, tokens, way = engine.get("thinking"), engine.get("thinking_tokens"), engine.get("system_message", SEND)
    if thinking is not None and not isinstance(thinking, bool):
        raise AdapterError(f"engine.thinking is {thinking!r}; expected true or false.")
    if tokens is not None and (isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0):
        raise AdapterError(f"engine.thinking_tokens is {tokens!r}; expected a whole number, 0 or more.")
    if way not in SYSTEM_MESSAGE_WAYS:
        raise AdapterError(f"engine.system_message is {way!r}; expected one of {', '.join(SYSTEM_MESSAGE_WAYS)}.")


def thinking_tokens(engine: Mapping[str, Any], window: int, *, thinks: bool) -> int:
    """Return how many tokens a system may think beside its output limit.

    Args:
        engine: The system's engine record; its `thinking_tokens` is taken where it is set.
        window: The context window.
        thinks: Whether the model is known to think here.
    """
    if engine.get("thinking_tokens") is not None:
        return int(str(engine["thinking_tokens"]))
    return min(DEFAULT_THINKING_TOKENS, window // LARGEST_SHARE) if thinks else 0


def messages(user: str, system: str, way: str) -> list[dict[str, str]]:
    """Return the chat messages of a prompt, with the system's message sent, merged into the user's, or left out."""
    if way == SEND:
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return [{"role": "user", "content": f"{system}\n\n{user}" if way == MERGE else user}]
