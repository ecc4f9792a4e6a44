"""The settings of one system behind an endpoint: its `engine` and `decoding` records over the row of its preset."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models_runner.adapters.openai_api.presets import PRESETS, THINKING_TOKENS, Preset
from models_runner.adapters.protocol import AdapterError, SystemSpec
from models_runner.adapters.texts.thinking import SEND, check_text_settings, thinking_tokens

OURS = {"temperature": 0, "seed": 1}
"""What we send by ourselves where the decoding record says nothing."""
RESERVED = ("model", "messages", "stream", "n")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class SentField:
    """One field of a request.

    Attributes:
        value: Its value.
        demanded: Where the system's record asks for it, such as "decoding.seed"; "" where we send it by ourselves.
    """

    value: Any
    demanded: str = ""


@dataclass(frozen=True)
class RequestSettings:
    """What a system's requests look like before anything is learnt.

    Attributes:
        preset: The name of its preset; "" for a server that we know nothing of.
        limit_field: The name of the output limit.
        limit_demanded: Whether the engine record names it.
        fields: Further fields of every request, by the server's names.
        system_message: "send", "merge" or "omit".
        system_demanded: Whether the engine record says so.
        thinking: Whether the record switches thinking on or off; None where it leaves that to the server.
        thinking_tokens: Tokens for thinking beside the output limit.
        unmarked_thoughts: Whether an answer that was cut, and says nowhere that a thought ended, is a thought.
        seed_field: The server's name of the seed.
        takes_schema: Whether the server holds an answer to a JSON schema.
        tells_chances: Whether the server tells how likely other tokens were.
    """

    preset: str = ""
    limit_field: str = "max_tokens"
    limit_demanded: bool = False
    fields: Mapping[str, SentField] = field(default_factory=dict)
    system_message: str = SEND
    system_demanded: bool = False
    thinking: bool | None = None
    thinking_tokens: int = 0
    unmarked_thoughts: bool = False
    seed_field: str = "seed"
    takes_schema: bool = False
    tells_chances: bool = False


def check_request_settings(engine: Mapping[str, Any]) -> None:
    """Check the settings of an engine record that shape requests. Raises AdapterError, which names the wrong one."""
    check_text_settings(engine)
    preset, limit, omit, extra = (engine.get(name) for name in ("preset", "limit_field", "omit", "extra_body"))
    if preset not in (None, "") and preset not in PRESETS:
        raise AdapterError(f"engine.preset is {preset!r}; expected one of {', '.join(filter(None, PRESETS))}.")
    if limit not in (None, "") and not (isinstance(limit, str) and NAME.fullmatch(limit)):
        raise AdapterError(f"engine.limit_field is {limit!r}; expected a name, such as max_completion_tokens.")
    if omit is not None and not (isinstance(omit, list | tuple) and all(isinstance(name, str) for name in omit)):
        raise AdapterError(f"engine.omit is {omit!r}; expected a list of names, such as [seed, temperature].")
    if extra is not None and not isinstance(extra, Mapping):
        raise AdapterError(f"engine.extra_body is {extra!r}; expected fields by name.")
    _check_batch(engine.get("batch"), str(preset or ""))
    if taken := [name for name in extra or {} if name in RESERVED]:
        raise AdapterError(f"engine.extra_body holds {taken[0]!r}, which is made here; leave it out.")


def _check_batch(batch: object, preset: str) -> None:
    if batch not in (None, True, False):
        raise AdapterError(f"engine.batch is {batch!r}; expected true or false.")
    if batch and not PRESETS[preset].batches:
        having = ", ".join(name for name, row in PRESETS.items() if row.batches)
        raise AdapterError(
            f"engine.batch: preset {preset or 'none'!r} has no batches of the OpenAI protocol; expected one of "
            f"{having}. A server of another maker that has them (/files and /batches) takes one of these presets."
        )


def request_settings(spec: SystemSpec, window: int) -> RequestSettings:
    """Resolve a system's record. Raises AdapterError if the preset cannot do what the record asks for."""
    engine = spec.engine
    check_request_settings(engine)
    name = str(engine.get("preset") or "")
    preset = PRESETS[name]
    thinking = engine.get("thinking")
    tokens = thinking_tokens(engine, window, thinks=thinking is True)
    return RequestSettings(
        preset=name,
        limit_field=str(engine.get("limit_field") or preset.limit_field),
        limit_demanded=bool(engine.get("limit_field")),
        fields=_fields(spec, preset, _switch(name, preset, thinking, tokens)),
        system_message=str(engine.get("system_message") or SEND),
        system_demanded=bool(engine.get("system_message")),
        thinking=thinking if isinstance(thinking, bool) else None,
        thinking_tokens=tokens,
        unmarked_thoughts=thinking is True and preset.unmarked,
        seed_field=preset.names.get("seed", "seed"),
        takes_schema=preset.schema,
        tells_chances=preset.chances,
    )


def _fields(spec: SystemSpec, preset: Preset, switch: Mapping[str, Any]) -> dict[str, SentField]:
    """Collect the fields, the weakest first: preset, our own, the switch of thinking, the record, extra_body."""
    omit: Any = spec.engine.get("omit") or ()
    sent = {name: SentField(value) for name, value in preset.body.items()}
    sent |= {preset.names.get(name, name): SentField(value) for name, value in OURS.items() if name not in preset.omit}
    sent |= {name: SentField(value, "" if name in OURS else "engine.thinking") for name, value in switch.items()}
    for name, value in spec.decoding.items():
        if name == "max_tokens":
            continue
        sent.pop(preset.names.get(name, name), None)
        if value is not None:
            # A record that says what we send anyway, as the catalogue's do, demands nothing: it may be learnt away.
            demanded = "" if OURS.get(name) == value else f"decoding.{name}"
            sent[preset.names.get(name, name)] = SentField(value, demanded)
    extra: Any = spec.engine.get("extra_body") or {}
    sent |= {name: SentField(value, f"engine.extra_body.{name}") for name, value in extra.items()}
    left_out = {wire for name in omit for wire in (name, preset.names.get(name, name))}
    return {name: value for name, value in sent.items() if name not in left_out}


def _switch(name: str, preset: Preset, thinking: object, tokens: int) -> dict[str, Any]:
    if thinking is None:
        return {}
    fields = preset.thinking_on if thinking else preset.thinking_off
    if not fields:
        raise AdapterError(
            f"engine.thinking is {thinking}, but preset {name!r} has no switch for it. Leave it out, and name the "
            "server's own field in engine.extra_body."
        )
    return {field: _filled(value, tokens) for field, value in fields.items()}


def _filled(value: object, tokens: int) -> Any:
    """Put the number of tokens where a row of the table has its place."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, tokens) for name, inner in value.items()}
    return tokens if value == THINKING_TOKENS else value
