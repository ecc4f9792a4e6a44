"""The engine settings `cache` and `batching` of transformers systems; imports no torch."""

from collections.abc import Mapping
from typing import Any

from models_runner.adapters.protocol import AdapterError

DYNAMIC, STATIC = "dynamic", "static"
PADDED, CONTINUOUS = "padded", "continuous"
CHOICES = {"cache": (DYNAMIC, STATIC), "batching": (PADDED, CONTINUOUS)}
# What transformers' continuous batching does as its generate() does; it drops or only warns of other settings.
KNOWN_TO_CONTINUOUS = ("max_tokens", "seed", "temperature", "top_k", "top_p", "suppress_tokens")


def check_generating_settings(engine: Mapping[str, Any]) -> None:
    """Check how an engine record has batches written.

    Raises:
        AdapterError: A setting is wrong; the message names it and what was expected.
    """
    for name, choices in CHOICES.items():
        value = engine.get(name)
        if value is not None and value not in choices:
            raise AdapterError(f"engine.{name} is {value!r}; expected one of {', '.join(choices)}, or leave it out.")
    if cache_of(engine) == STATIC and batching_of(engine) == CONTINUOUS:
        raise AdapterError(
            "engine.cache static does not go with engine.batching continuous, which has a cache of its own in pages. "
            "Leave one of them out."
        )


def cache_of(engine: Mapping[str, Any]) -> str:
    return str(engine.get("cache") or DYNAMIC)


def batching_of(engine: Mapping[str, Any]) -> str:
    return str(engine.get("batching") or PADDED)


def check_decoding_known(decoding: Mapping[str, Any], slug: str) -> None:
    """Refuse decoding settings that continuous batching would not obey. Raises AdapterError."""
    unknown = [name for name, value in decoding.items() if value is not None and name not in KNOWN_TO_CONTINUOUS]
    if unknown:
        raise AdapterError(
            f"System {slug} has decoding.{unknown[0]}, which transformers' continuous batching does not obey; it knows "
            f"{', '.join(KNOWN_TO_CONTINUOUS)}. Leave it out, or leave engine.batching out."
        )
