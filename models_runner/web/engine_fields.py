"""Fields of a system's form for the settings of its engine, which differ by adapter."""

from collections.abc import Callable

from django import forms

from models_runner.adapters.openai_api.presets import PRESETS
from models_runner.adapters.texts.thinking import MERGE, OMIT, SEND
from models_runner.web.fields import choice_field, text_field, whole_field

Fields = dict[str, forms.Field]
CALLS = (("", "One by one, now"), ("true", "In batches: about half the price, within a day, not timed"))
SWITCH = (("", "As the model does"), ("true", "On"), ("false", "Off"))
SYSTEM_MESSAGES = ((SEND, "Send it"), (MERGE, "Merge it into the user's message"), (OMIT, "Leave it out"))


def engine_fields(adapter: str) -> Fields:
    """Return the fields of the adapter's engine settings, by the settings' names; none where it has no settings."""
    make = _FIELDS.get(adapter)
    return make() if make else {}


def _of_an_endpoint() -> Fields:
    presets = [("", "None of these"), *((name, name) for name in PRESETS if name)]
    return {
        "base_url": text_field("Address", "Such as http://127.0.0.1:8000/v1.", required=True),
        "preset": choice_field(
            "Kind of server",
            presets,
            "Need not be known: what a server refuses is found out. Knowing it saves a few refused requests.",
        ),
        "key_env": text_field(
            "Variable of the key",
            "The name of the environment variable in which whoever runs the workers has put the key, such as "
            "VLLM_API_KEY; never the key itself. Empty: none is sent.",
        ),
        "batch": choice_field("Way of calling", CALLS, "Batches are for servers that have them, such as OpenAI's."),
        "concurrency": whole_field("Requests at a time", "Empty: 4.", max_value=1000),
        "tokenizer": text_field("Tokenizer", "A folder or hub id to count tokens with. Empty: estimated."),
        **_thinking_fields(),
    }


def _of_llamacpp() -> Fields:
    return {
        "slots": whole_field("Slots", "Summaries written side by side. Empty: 1."),
        "threads": whole_field("Threads", "Empty: all cores.", min_value=0),
        "reencode": choice_field("Encode anew", [("", "As the file is"), ("Q8_0", "Q8_0")]),
        **_thinking_fields(),
    }


def _of_transformers() -> Fields:
    dtypes = [("", "As the machine has it"), *((name, name) for name in ("bfloat16", "float16", "float32"))]
    return {
        "batch_size": whole_field("Batch", "Empty: 4."),
        "dtype": choice_field("Number format", dtypes),
        "device": text_field("Device", "Empty: CUDA if there is one."),
        **_thinking_fields(),
    }


def _of_extraction() -> Fields:
    methods = [("lead", "First sentences"), ("lexrank", "LexRank"), ("textrank", "TextRank")]
    return {"method": choice_field("Method", methods), "sentences": whole_field("Sentences", "Empty: 3.")}


def _thinking_fields() -> Fields:
    return {
        "thinking": choice_field("Thinking", SWITCH, "For models that can do with and without."),
        "thinking_tokens": whole_field("Tokens for thinking", "Beside the output limit.", min_value=0),
        "system_message": choice_field("System message", SYSTEM_MESSAGES),
    }


_FIELDS: dict[str, Callable[[], Fields]] = {
    "openai": _of_an_endpoint,
    "llamacpp": _of_llamacpp,
    "transformers": _of_transformers,
    "extractive": _of_extraction,
}
