"""What encoder-decoders want: their windows, where their attention is global, and which number format spoils them.

Sources: the configurations and models of transformers; Beltagy et al. (2020, arXiv 2004.05150) for LED; Xiao et al.
(2022, arXiv 2110.08499) for PRIMERA; Guo et al. (2022, arXiv 2112.07916) for LongT5; Phang et al. (2022, arXiv
2208.04347) for PEGASUS-X.
"""

from typing import Any

from models_runner.adapters.protocol import AdapterError

# Where positions are relative, the configuration names no end. These are the inputs the makers trained and measured.
RELATIVE_WINDOWS = {"t5": 512, "mt5": 1024, "umt5": 1024, "longt5": 16_384}
# Their activations pass float16's largest number (65,504), and the text becomes nonsense; bfloat16 has the range.
NO_FLOAT16 = frozenset({"t5", "mt5", "umt5", "longt5", "switch_transformers", "pegasus", "pegasus_x"})
# PRIMERA is an LED whose documents are parted by this token, which sees everything.
DOCUMENT_SEPARATOR = "<doc-sep>"


def input_window(config: Any) -> int | None:
    """Return how many tokens the model reads at once; None if its configuration does not tell."""
    if config.model_type in RELATIVE_WINDOWS:
        # n_positions stays at its default in checkpoints that were trained on longer inputs.
        return max(RELATIVE_WINDOWS[config.model_type], getattr(config, "n_positions", None) or 0)
    # A model that sees as well keeps its numbers for text in a part of its configuration.
    for part in (config, getattr(config, "text_config", None)):
        for name in ("max_encoder_position_embeddings", "max_position_embeddings", "n_positions"):
            if window := getattr(part, name, None):
                return int(window)
    return None


def output_window(config: Any) -> int | None:
    """Return how many tokens an encoder-decoder writes at most; None where its positions have no end or it is none."""
    if not config.is_encoder_decoder or config.model_type in RELATIVE_WINDOWS:
        return None
    window = getattr(config, "max_decoder_position_embeddings", None) or getattr(
        config, "max_position_embeddings", None
    )
    return int(window) if window else None


def check_output_limit(config: Any, limit: int, slug: str) -> None:
    """Refuse an output limit that lies beyond the decoder's positions, where the model would end with an index error.

    Raises:
        AdapterError: It does; the message names both numbers.
    """
    window = output_window(config)
    # The start token takes a position.
    if window is not None and limit >= window:
        raise AdapterError(
            f"System {slug} is asked for up to {limit} tokens, but its decoder has {window} positions, one of them for "
            f"the start. Set decoding.max_tokens to at most {window - 1}."
        )


def check_dtype(config: Any, dtype: str, slug: str) -> None:
    """Refuse float16 for architectures that write nonsense in it. Raises AdapterError."""
    if dtype in ("float16", "half") and config.model_type in NO_FLOAT16:
        raise AdapterError(
            f"System {slug} asks for float16, in which models of the kind {config.model_type!r} overflow and write "
            "nonsense. Set engine.dtype to bfloat16 (on a GPU that has it) or float32."
        )


def attention_inputs(config: Any, tokenizer: Any, input_ids: Any) -> dict[str, Any]:
    """Return what generate() wants beside the tokens: for LED, which tokens see and are seen by all others.

    That is the first token, without which a summary would know its neighbourhood alone, and PRIMERA's separators.

    Args:
        input_ids: Tensor of token ids, shape (prompts, tokens), padded on the right.
    """
    if config.model_type != "led":
        return {}
    attended = input_ids.new_zeros(input_ids.shape)
    attended[:, 0] = 1
    separator = tokenizer.convert_tokens_to_ids(DOCUMENT_SEPARATOR)
    if separator is not None and separator != tokenizer.unk_token_id:
        attended[input_ids == separator] = 1
    return {"global_attention_mask": attended}
