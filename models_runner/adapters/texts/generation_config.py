"""Switch off what a checkpoint's generation_config.json would decide without the system's record saying so.

A repetition penalty, beams or a least length in that file change even greedy output unseen. What is kept are the ids of
tokens without which a model does not work.
"""

from typing import Any

KEPT = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "forced_bos_token_id")
# What decides no text.
BOOKKEEPING = (
    "transformers_version", "_from_model_config", "_commit_hash", "_original_object_hash", "use_cache",
    "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate",
)  # fmt: skip


def neutralise(model: Any) -> dict[str, dict[str, Any]]:
    """Give a loaded model a generation config with token ids alone.

    Returns:
        {"kept": ..., "switched_off": ...} by name, as JSON values, for the record of a run.
    """
    from transformers import GenerationConfig

    brought = model.generation_config.to_diff_dict() if model.generation_config is not None else {}
    named = {name: value for name, value in brought.items() if name not in BOOKKEEPING and value is not None}
    kept = {name: value for name, value in named.items() if name in KEPT}
    model.generation_config = GenerationConfig(**kept)
    return {"kept": _plain(kept), "switched_off": _plain({n: v for n, v in named.items() if n not in KEPT})}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    simple = (str, int, float, bool, list, dict)
    return {name: value if isinstance(value, simple) else str(value) for name, value in settings.items()}
