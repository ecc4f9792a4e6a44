"""Make a summary's text of what an engine wrote: thoughts apart, unseen characters taken for nothing."""

from collections.abc import Callable
from dataclasses import replace

from lib.text.visible import storable, visible_text
from models_runner.adapters.protocol import Written
from models_runner.adapters.texts.control_tokens import without_turn_marks
from models_runner.adapters.texts.thoughts import part_thoughts


def settled_answer(written: Written, count: Callable[[str], int] | None = None) -> Written:
    """Return an engine's answer with its thoughts apart, and with the reason why it ended.

    Args:
        written: What the engine handed over.
        count: Counts the tokens of thoughts that the engine did not count; None where it can only be guessed.
    """
    parted = part_thoughts(written.text, opened=written.thought_opened)
    text = visible_text(without_turn_marks(storable(parted.text)))
    # Some servers give a thought twice: apart, and within the text.
    told = [written.thoughts.strip()] if parted.thoughts not in written.thoughts or not parted.thoughts else []
    thoughts = storable("\n\n".join(filter(None, (*told, parted.thoughts))))
    tokens = written.thinking_tokens
    if tokens is None and thoughts and count is not None:
        tokens = count(thoughts)
        tokens = tokens if written.output_tokens is None else min(tokens, written.output_tokens)
    reason = _stop_reason(text, cut=written.stop_reason == "length", thought=bool(thoughts or tokens))
    return replace(written, text=text, thoughts=thoughts, thinking_tokens=tokens, stop_reason=reason)


def _stop_reason(text: str, *, cut: bool, thought: bool) -> str:
    if text:
        return "length" if cut else "end"
    return "thinking" if cut and thought else "empty"
