"""How many bytes a model takes: its weights, tensor by tensor, and the attention cache of one prompt, layer by layer.

Sources: the cache classes of transformers (keys and values of every token in every layer that attends to all of them,
of the last tokens where a layer's window slides); bitsandbytes for what it quantizes.
"""

import re
from collections.abc import Iterator
from typing import Any

from models_runner.adapters.loading.formats import WeightFormat

# Layers that keep a state of one size instead of the tokens they have read; it is small, and not counted.
STATES = ("linear_attention", "mamba", "conv", "moe", "mlp")


def tensor_bytes(model: Any, held: WeightFormat) -> dict[str, int]:
    """Return the bytes of every parameter and buffer of a model, by name; tied ones are counted once.

    Args:
        model: A model of transformers; it may be on the meta device, where it takes no memory.
        held: How its large matrices will be held.
    """
    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    packed = set(quantized_names(model, held)) if held.quantized else set()
    return {
        name: _packed_bytes(tensor, held) if name in packed else tensor.numel() * tensor.element_size()
        for name, tensor in _tensors(model)
        if name not in tied
    }


def _tensors(model: Any) -> Iterator[tuple[str, Any]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _packed_bytes(tensor: Any, held: WeightFormat) -> int:
    return int(tensor.numel() * (held.bits or 0) / 8)


def quantized_names(model: Any, held: WeightFormat) -> Iterator[str]:
    """Yield the weights that a format packs: matrices of linear layers, without the model's head.

    bitsandbytes leaves experts whole where transformers holds all of a layer's as one tensor, as it does for Mixtral;
    checkpoints that come quantized have them packed.
    """
    from torch.nn import Linear

    whole = _left_whole(model, held)
    for name, module in model.named_modules():
        if isinstance(module, Linear) and not any(_matches(name, pattern) for pattern in whole):
            yield f"{name}.weight"
        if not held.on_request and "expert" in name:
            yield from (f"{name}.{own}" for own, tensor in module.named_parameters(recurse=False) if tensor.ndim == 3)


def _left_whole(model: Any, held: WeightFormat) -> set[str]:
    """Return the names that transformers never packs (the head, the last layer, tied weights) and the checkpoint's."""
    head = model.get_output_embeddings()
    names = {name for name, module in model.named_modules() if head is not None and module is head}
    names.add([name for name, _ in model.named_parameters()][-1].rpartition(".")[0])
    tied = getattr(model, "all_tied_weights_keys", None) or {}
    names |= {name.removesuffix(".weight") for pair in tied.items() for name in pair}
    names |= set(getattr(model, "_keep_in_fp32_modules", None) or ())  # T5's, which bitsandbytes leaves as well
    return names | set(held.whole)


def _matches(name: str, pattern: str) -> bool:
    if pattern.startswith("re:"):
        return re.match(pattern.removeprefix("re:"), name) is not None
    return name == pattern or name.endswith(f".{pattern}") or f"{pattern}." in f"{name}."


def cache_bytes(config: Any, window: int, written: int, item: int) -> list[int] | None:
    """Return the bytes that one prompt's keys and values take in each layer of the decoder; None if that is not known.

    Args:
        config: The model's configuration.
        window: Tokens read; for a decoder, with those written.
        written: Tokens that an encoder-decoder writes.
        item: Bytes of a number.
    """
    if config.is_encoder_decoder:
        return _two_sided(config, window + written, item)
    text = config.get_text_config(decoder=True)
    if not (layers := getattr(text, "num_hidden_layers", None)) or not (width := _width_of_a_token(text)):
        return None
    kinds = list(getattr(text, "layer_types", None) or [])
    if not kinds:
        kinds = ["sliding_attention" if getattr(text, "sliding_window", None) else "full_attention"] * layers
    kinds = kinds[: layers - (getattr(text, "num_kv_shared_layers", None) or 0)]
    tokens = [_kept_tokens(kind, text, window) for kind in kinds]
    return [kept * width * item for kept in tokens] + [0] * (layers - len(kinds))


def _kept_tokens(kind: str, text: Any, window: int) -> int:
    if kind in STATES:
        return 0
    if kind == "sliding_attention":
        return min(window, getattr(text, "sliding_window", None) or window)
    return window


def _width_of_a_token(text: Any) -> int | None:
    """Return how many numbers a layer keeps of a token: its keys and its values, of all heads that have their own."""
    heads = getattr(text, "num_attention_heads", None)
    if not isinstance(heads, int):
        return None
    if getattr(text, "kv_lora_rank", None):  # multi-head latent attention, which transformers caches unfolded
        return heads * (text.qk_nope_head_dim + text.qk_rope_head_dim + text.v_head_dim)
    head = getattr(text, "head_dim", None) or text.hidden_size // heads
    groups = getattr(text, "num_key_value_heads", None) or heads
    return int(2 * groups * head)


def _two_sided(config: Any, tokens: int, item: int) -> list[int] | None:
    """Of an encoder-decoder: what the decoder wrote, and what it looks up of the encoder's tokens, in every layer."""
    layers = getattr(config, "num_decoder_layers", None) or getattr(config, "decoder_layers", None)
    heads = getattr(config, "decoder_attention_heads", None) or getattr(config, "num_heads", None)
    if not layers or not heads:
        return None
    head = getattr(config, "d_kv", None) or config.d_model // heads
    return [2 * heads * head * tokens * item] * layers
