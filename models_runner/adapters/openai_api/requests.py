"""Make a request's body, and change its shape by what the server refused."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models_runner.adapters.openai_api.refusals import LIMITS, SYSTEM, FieldRefusal
from models_runner.adapters.openai_api.settings import RequestSettings, SentField
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import ALTERNATIVES, AdapterError, Prompt
from models_runner.adapters.texts.thinking import MERGE, SEND, messages

CHANCES = ("logprobs", "top_logprobs")
# What prompts ask for, not the system's record: what a server refuses of it is left out.
OF_PROMPT = ("response_format", *CHANCES)


@dataclass(frozen=True)
class Lesson:
    """What one refusal taught: the field, what is done about it, and the server's words."""

    field: str
    change: str
    told: str


@dataclass(frozen=True)
class Shape:
    """What requests look like now.

    Attributes:
        limit_field: The name of the output limit.
        system_message: "send", "merge" or "omit".
        dropped: Fields that are not sent any more.
        stream: The server answers piece by piece only.
        lessons: What was learnt, in order.
    """

    limit_field: str
    system_message: str
    dropped: frozenset[str] = frozenset()
    stream: bool = False
    lessons: tuple[Lesson, ...] = ()


@dataclass(frozen=True)
class RequestBody:
    """One request.

    Attributes:
        messages: The chat messages.
        limit: The output limit, thoughts included.
        values: All other fields, by the server's names.
    """

    messages: list[dict[str, str]]
    limit: int
    values: Mapping[str, Any]

    @property
    def refusable(self) -> set[str]:
        """The names that the server may refuse."""
        system = {SYSTEM} if any(message["role"] == "system" for message in self.messages) else set()
        return {*self.values, *system}


def first_shape(settings: RequestSettings) -> Shape:
    return Shape(settings.limit_field, settings.system_message)


def request_body(settings: RequestSettings, shape: Shape, prompt: Prompt) -> RequestBody:
    limit = prompt.limit + settings.thinking_tokens
    fields = {name: sent.value for name, sent in settings.fields.items() if name not in shape.dropped}
    said = messages(prompt.text, prompt.system or SYSTEM_MESSAGE, shape.system_message)
    piecewise = {"stream": True} if shape.stream else {}
    asked = {name: value for name, value in _of_prompt(settings, prompt, fields).items() if name not in shape.dropped}
    return RequestBody(said, limit, {shape.limit_field: limit} | fields | asked | piecewise)


def _of_prompt(settings: RequestSettings, prompt: Prompt, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this one prompt asks for, as far as the server is known to take it."""
    asked: dict[str, Any] = {}
    if prompt.seed is not None and settings.seed_field in fields:
        asked[settings.seed_field] = prompt.seed
    if prompt.schema and settings.takes_schema:
        described = {"name": "answer", "strict": True, "schema": json.loads(prompt.schema)}
        asked["response_format"] = {"type": "json_schema", "json_schema": described}
    if prompt.chances and settings.tells_chances:
        asked |= {"logprobs": True, "top_logprobs": ALTERNATIVES}
    return asked


def learn(settings: RequestSettings, shape: Shape, refusals: Iterable[FieldRefusal]) -> Shape:
    """Return the shape without what was refused; the same shape where nothing can be done.

    Raises:
        AdapterError: The system's record asks for what was refused; the message says what to do.
    """
    for refusal in refusals:
        shape = _learn_one(settings, shape, refusal)
    return shape


def learn_to_stream(shape: Shape, told: str) -> Shape:
    lesson = Lesson("stream", "answers come piece by piece", told)
    return replace(shape, stream=True, lessons=(*shape.lessons, lesson))


def _learn_one(settings: RequestSettings, shape: Shape, refusal: FieldRefusal) -> Shape:
    name = refusal.field
    if name == SYSTEM:
        return _merge_system(settings, shape, refusal)
    if name == shape.limit_field:
        return _rename_limit(settings, shape, refusal)
    if name in shape.dropped:
        return shape
    if name in OF_PROMPT:
        together = CHANCES if name in CHANCES else (name,)
        lesson = Lesson(name, "not asked for", refusal.told)
        return replace(shape, dropped=shape.dropped.union(together), lessons=(*shape.lessons, lesson))
    if name not in settings.fields:
        return shape
    sent: SentField = settings.fields[name]
    if sent.demanded:
        raise AdapterError(_demanded(name, sent, refusal))
    lesson = Lesson(name, f"not sent (was {sent.value!r})", refusal.told)
    return replace(shape, dropped=shape.dropped | {name}, lessons=(*shape.lessons, lesson))


def _merge_system(settings: RequestSettings, shape: Shape, refusal: FieldRefusal) -> Shape:
    if shape.system_message != SEND:
        return shape
    if settings.system_demanded:
        raise AdapterError(
            f"The endpoint refuses the system message ({refusal.told}), which the system's record asks for "
            "(engine.system_message: send). Add a copy of the system with engine.system_message: merge, or omit."
        )
    lesson = Lesson(SYSTEM, "merged into the user's message", refusal.told)
    return replace(shape, system_message=MERGE, lessons=(*shape.lessons, lesson))


def _rename_limit(settings: RequestSettings, shape: Shape, refusal: FieldRefusal) -> Shape:
    tried = {shape.limit_field, *(lesson.field for lesson in shape.lessons)}
    other = next((name for name in reversed(LIMITS) if name not in tried), None)
    if settings.limit_demanded or other is None:
        raise AdapterError(
            f"The endpoint refuses {shape.limit_field!r} ({refusal.told}). Add a copy of the system whose "
            "engine.limit_field is the name that this server has for the output limit."
        )
    lesson = Lesson(shape.limit_field, f"sent as {other}", refusal.told)
    return replace(shape, limit_field=other, lessons=(*shape.lessons, lesson))


def _demanded(name: str, sent: SentField, refusal: FieldRefusal) -> str:
    return (
        f"The endpoint refuses {name!r} ({refusal.told}), which the system's record asks for ({sent.demanded}: "
        f"{sent.value!r}). Add a copy of the system without it, or leave it to the server with engine.omit: [{name}]."
    )
