"""What servers that speak the OpenAI protocol take, as a table: one row a server.

A row only spares the first refusals. What a server refuses beyond it is learnt from its answer (refusals.py), and the
`engine` settings of a system go before its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

THINKING_TOKENS = "{thinking_tokens}"
"""Stands in a row for the number of tokens that a system may think."""


@dataclass(frozen=True)
class Preset:
    """How to speak to one kind of server.

    Attributes:
        limit_field: The name of the output limit.
        names: Our names of decoding settings, with the server's where they differ.
        omit: Settings that we send by ourselves to other servers and not to this one.
        body: Further fields of every request; the decoding record goes before them.
        thinking_on: Fields that make a model think that can do without.
        thinking_off: Fields that make it answer at once; none where the server has no such switch.
        batches: Whether it takes batches of calls as the OpenAI protocol has them (`/files` and `/batches`).
        schema: Whether it holds an answer to a JSON schema (`response_format`).
        chances: Whether it tells how likely other tokens were (`logprobs`).
        unmarked: Whether a thought that the chat template opened, and the limit ended, may come as plain text.
    """

    limit_field: str = "max_tokens"
    names: Mapping[str, str] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict)
    thinking_on: Mapping[str, object] = field(default_factory=dict)
    thinking_off: Mapping[str, object] = field(default_factory=dict)
    unmarked: bool = False
    batches: bool = False
    schema: bool = False
    chances: bool = False


_TEMPLATE_ON = {"chat_template_kwargs": {"enable_thinking": True}}
_TEMPLATE_OFF = {"chat_template_kwargs": {"enable_thinking": False}}
# These servers take what the model's generation_config.json says for what a request leaves open.
_NEUTRAL = {"repetition_penalty": 1.0, "top_p": 1.0, "top_k": -1, "min_p": 0.0}
_GOOGLE_BUDGET = {"google": {"thinking_config": {"thinking_budget": THINKING_TOKENS, "include_thoughts": True}}}

PRESETS: Mapping[str, Preset] = {
    "": Preset(thinking_on=_TEMPLATE_ON, thinking_off=_TEMPLATE_OFF, unmarked=True),
    "openai": Preset(
        limit_field="max_completion_tokens",
        thinking_on={"reasoning_effort": "medium"},
        thinking_off={"reasoning_effort": "none"},
        batches=True,
        schema=True,
        chances=True,
    ),
    "mistral": Preset(
        names={"seed": "random_seed"},
        thinking_on={"prompt_mode": "reasoning"},
        thinking_off={"prompt_mode": None},
        schema=True,
    ),
    "anthropic": Preset(
        omit=("seed",),
        thinking_on={"thinking": {"type": "enabled", "budget_tokens": THINKING_TOKENS}, "temperature": 1},
        thinking_off={"thinking": {"type": "disabled"}},
    ),
    "google": Preset(
        thinking_on={"extra_body": _GOOGLE_BUDGET}, thinking_off={"reasoning_effort": "none"}, schema=True
    ),
    "vllm": Preset(
        body=_NEUTRAL, thinking_on=_TEMPLATE_ON, thinking_off=_TEMPLATE_OFF, unmarked=True, schema=True, chances=True
    ),
    "sglang": Preset(
        body=_NEUTRAL, thinking_on=_TEMPLATE_ON, thinking_off=_TEMPLATE_OFF, unmarked=True, schema=True, chances=True
    ),
    "ollama": Preset(
        thinking_on={"reasoning_effort": "medium"}, thinking_off={"reasoning_effort": "none"}, schema=True
    ),
    "llamacpp": Preset(
        names={"repetition_penalty": "repeat_penalty"},
        thinking_on=_TEMPLATE_ON,
        thinking_off=_TEMPLATE_OFF,
        unmarked=True,
        schema=True,
        chances=True,
    ),
    "tgi": Preset(unmarked=True),
    "transformers": Preset(thinking_on=_TEMPLATE_ON, thinking_off=_TEMPLATE_OFF, unmarked=True),
}
