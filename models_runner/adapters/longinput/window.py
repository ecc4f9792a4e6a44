"""Whether a system's window holds a prompt beside the output that the system may write."""

from collections.abc import Mapping

from models_runner.adapters.prompts import DEFAULT_OUTPUT_TOKENS
from models_runner.adapters.protocol import AdapterError

# The system's message and the sentence that asks have about 40 tokens: less leaves no word of a transcript.
LEAST_PROMPT = 64
# Their windows hold prompt and output together. Of transformers that is known once the model is read: an encoder's
# window holds only the prompt.
SHARED = frozenset({"openai", "llamacpp"})


def check_output_limit(decoding: Mapping[str, object]) -> None:
    """Raise AdapterError if max_tokens is no number of tokens, or none of an instruction."""
    if not isinstance(decoding, Mapping):
        raise AdapterError('decoding is no record; expected settings by name, such as {"max_tokens": 200}.')
    given = decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    limits = given if isinstance(given, Mapping) else {"": given}
    for kind, tokens in limits.items():
        if isinstance(given, Mapping) and kind not in DEFAULT_OUTPUT_TOKENS:
            kinds = ", ".join(DEFAULT_OUTPUT_TOKENS)
            raise AdapterError(f"decoding.max_tokens names {kind!r}; expected one of {kinds}.")
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
            raise AdapterError(f"decoding.max_tokens is {tokens!r}; expected a whole number above 0.")


def check_window(
    adapter: str, window: int | None, decoding: Mapping[str, object], engine: Mapping[str, object]
) -> None:
    """Raise AdapterError if the window leaves no room for a prompt beside the longest output.

    Args:
        adapter: The adapter, a key of ADAPTERS.
        window: The context window in tokens; None where the engine takes its own.
        decoding, engine: The system's records, checked by themselves before.
    """
    if window is None:
        return
    output = _longest_output(decoding, engine) if adapter in SHARED else 0
    if window >= LEAST_PROMPT + output:
        return
    least = LEAST_PROMPT + output
    if output:
        raise AdapterError(
            f"A window of {window} tokens is too small: {output} of output and at least {LEAST_PROMPT} of prompt must "
            f"fit. Expected {least} or more, or a smaller output limit."
        )
    raise AdapterError(f"A window of {window} tokens is too small for any prompt. Expected {least} or more.")


def _longest_output(decoding: Mapping[str, object], engine: Mapping[str, object]) -> int:
    """Return the most tokens that a summary and the thoughts named in the record may take."""
    given = decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    limits = (DEFAULT_OUTPUT_TOKENS | dict(given)).values() if isinstance(given, Mapping) else [given]
    return max(int(str(tokens)) for tokens in limits) + int(str(engine.get("thinking_tokens") or 0))
