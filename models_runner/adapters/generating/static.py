"""A static cache: keys and values in tensors as long as the window from the first token on, of one shape throughout.

On a GPU transformers compiles the step of a token for it; on a processor it only attends to more.
"""

from typing import Any

from models_runner.adapters.protocol import AdapterError


def check_static_cache(model: Any, slug: str) -> None:
    """Refuse a static cache where the architecture has none. Raises AdapterError."""
    if not getattr(model, "_can_compile_fullgraph", False) or not model._supports_default_dynamic_cache():
        raise AdapterError(
            f"System {slug} asks for engine.cache static, which its architecture ({model.config.model_type}) does not "
            "have in transformers. Leave engine.cache out."
        )


def static_cache_arguments(model: Any, window: int) -> dict[str, Any]:
    """Return the arguments of generate(); the cache is as long as the window, so that its step is compiled once."""
    # Of an encoder-decoder the window is the encoder's; its decoder's cache is as long as its output limit.
    length = {} if model.config.is_encoder_decoder else {"max_cache_len": window}
    return {"cache_implementation": "static", **length}
