"""Render prompts with a model's chat template, whatever the template takes: system messages, switches of thinking.

A template without a system role gets the system's message in the user's; which way a system goes is decided once, when
it is loaded, and recorded.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import AdapterError, Prompt
from models_runner.adapters.texts.control_tokens import control_tokens
from models_runner.adapters.texts.thinking import MERGE, OMIT, SEND, check_text_settings, messages, thinking_tokens
from models_runner.adapters.texts.thoughts import opens_thought

# The names that templates have for the switch; only within their tags, and not as a field or a text.
SWITCHES = ("enable_thinking", "thinking")
_TAGS = re.compile(r"\{[%{].*?[%}]\}", re.DOTALL)
_CHANNELS = "<|channel|>"
# Stands for the user's words, to see where a template puts them.
_PLACE = "\ue000place of the words\ue001"

Spans = tuple[tuple[int, int], ...]
Render = Callable[[list[dict[str, str]], Mapping[str, Any]], str]


class TemplateRefusal(Exception):
    """The template raised; the message is its own."""


@dataclass(frozen=True)
class Rendered:
    """A prompt as the model reads it.

    Attributes:
        text: The whole, template included.
        plain: Where the words of documents stand in it, as (begin, end); none where they cannot be found in it.
        opens_thought: Whether it ends by opening a thought.
        unfound: Control tokens in words of documents that were not found in the rendered text.
    """

    text: str
    plain: Spans
    opens_thought: bool
    unfound: tuple[str, ...] = ()


class Chat:
    """The chat template of one loaded system.

    Args:
        template: The template's text; "" for a model without one, which reads the plain prompt.
        render: Renders messages with further variables. Raises TemplateRefusal.
        engine: The system's engine record: `system_message`, `thinking`, `thinking_tokens`, `chat_template_kwargs`.
        window: The context window.
    Raises:
        AdapterError: The template cannot do what the record asks for.
    """

    def __init__(self, template: str, render: Render, engine: Mapping[str, Any], window: int) -> None:
        check_text_settings(engine)
        self.template, self._render = template, render
        self._frames: dict[str, str] = {}
        self.switch = _switch_of(template)
        self.thinking: bool | None = engine.get("thinking")
        if self.thinking is None and self.switch:
            self.thinking = False
        extra = engine.get("chat_template_kwargs") or {}
        self.variables: dict[str, Any] = ({self.switch: self.thinking} if self.switch else {}) | dict(extra)
        self.system_message = self._way(engine.get("system_message")) if template else OMIT
        opens = bool(template) and self.render(Prompt("Hello.", 0)).opens_thought
        self.thinks = opens or _CHANNELS in template or (bool(self.switch) and self.thinking is True)
        self._check_switch(opens)
        self.thinking_tokens = thinking_tokens(engine, window, thinks=self.thinks)

    def _way(self, demanded: str | None) -> str:
        """Decide what becomes of the system's message. Raises AdapterError if the template refuses what is demanded."""
        way = demanded or SEND
        try:
            sent = self._rendered(_PLACE, way)
        except TemplateRefusal as error:
            if demanded or way != SEND:
                raise AdapterError(
                    f"The chat template refuses engine.system_message: {way} ({error}). Use merge or omit."
                ) from error
            return MERGE
        # A template may also leave the message out without a word.
        return way if way != SEND or demanded or SYSTEM_MESSAGE in sent else MERGE

    def _check_switch(self, opens: bool) -> None:
        if self.switch or self.thinking is None:
            return
        if self.thinking and not self.thinks:
            raise AdapterError("engine.thinking is true, but the chat template has no switch for it. Leave it out.")
        if not self.thinking and opens:
            raise AdapterError(
                "engine.thinking is false, but the chat template always opens a thought and has no switch for it. "
                "Leave it out, and give the system engine.thinking_tokens."
            )

    def _rendered(self, user: str, way: str, system: str = SYSTEM_MESSAGE) -> str:
        return self._render(messages(user, system, way), self.variables)

    def render(self, prompt: Prompt) -> Rendered:
        """Render a prompt, and find the words of documents in it. Raises AdapterError if the template refuses it."""
        if not self.template:
            return Rendered(prompt.text, prompt.plain, False)
        system = prompt.system or SYSTEM_MESSAGE
        try:
            text = self._rendered(prompt.text, self.system_message, system)
            if not _fits(text, self._frames.get(system, "")):
                self._frames[system] = self._rendered(_PLACE, self.system_message, system)
        except TemplateRefusal as error:
            raise AdapterError(f"The chat template refuses the prompt: {error}") from error
        plain = _moved(prompt, text, self._frames[system])
        unfound = control_tokens(prompt.plain_text) if prompt.plain and not plain else ()
        return Rendered(text, plain, opens_thought(text), unfound)

    def record(self) -> dict[str, object]:
        """What of this decides the text, for the record of a run."""
        return {
            "template": bool(self.template),
            "system_message": self.system_message if self.template else "no template",
            "thinking_switch": self.switch,
            "thinking": self.thinking if self.switch else None,
            "thinking_tokens": self.thinking_tokens,
            "variables": self.variables,
        }


def _switch_of(template: str) -> str:
    code = " ".join(_TAGS.findall(template))
    return next((name for name in SWITCHES if re.search(rf"(?<![\w.'\"]){name}(?![\w'\"])", code)), "")


def _fits(text: str, frame: str) -> bool:
    before, place, after = frame.partition(_PLACE)
    long_enough = len(text) >= len(before) + len(after)
    return bool(place) and long_enough and text.startswith(before) and text.endswith(after)


def _moved(prompt: Prompt, text: str, frame: str) -> Spans:
    """Return where a prompt's plain words stand in the rendered text, also if the template strips them."""
    before, _, after = frame.partition(_PLACE)
    if not _fits(text, frame):
        return ()
    words = text[len(before) : len(text) - len(after)]
    begins = prompt.text.find(words)
    if begins < 0:
        # The template changed the words: take all of them for plain.
        return ((len(before), len(before) + len(words)),)
    shift, end = len(before) - begins, begins + len(words)
    inside = [(max(a, begins), min(b, end)) for a, b in prompt.plain if a < end and b > begins]
    return tuple((a + shift, b + shift) for a, b in inside)


def pieces(text: str, plain: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Split a text into (piece, whether it is plain), in order; none empty."""
    cut, position = [], 0
    for begin, end in plain:
        cut += [(text[position:begin], False), (text[begin:end], True)]
        position = end
    return [(piece, is_plain) for piece, is_plain in [*cut, (text[position:], False)] if piece]
