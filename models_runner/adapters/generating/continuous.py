"""Continuous batching by transformers: a prompt takes the place of one that has ended, and nothing is padded.

transformers keeps the keys and values of all prompts in pages and runs one packed pass after another in a thread of its
own, which lives as long as one call here.
"""

from collections.abc import Sequence
from typing import Any

from models_runner.adapters.generating.settings import check_decoding_known
from models_runner.adapters.protocol import AdapterError, SystemSpec

# How many prompts are handed over for each place, so that places are taken again: more would be saved later.
PROMPTS_A_PLACE = 4
PAGE = 256
# Tokens of one pass; longer prompts are read in pieces. Without flash attention a mask of this times the cache is kept.
PASS_TOKENS = 1024
# Kinds of layers that have pages.
PAGED = ("full_attention", "sliding_attention")


def check_continuous(model: Any, spec: SystemSpec) -> None:
    """Refuse continuous batching where the model, its devices or the record do not allow it. Raises AdapterError."""
    check_decoding_known(spec.decoding, spec.slug)
    if reason := _impossible(model):
        raise AdapterError(
            f"System {spec.slug} asks for engine.batching continuous, but {reason}. Leave engine.batching out, or use "
            "a server such as vLLM (docs/big-models.md)."
        )


def _impossible(model: Any) -> str:
    kind = model.config.model_type
    if model.config.is_encoder_decoder:
        return f"transformers batches encoder-decoders ({kind}) padded only"
    layers = set(getattr(model.config.get_text_config(), "layer_types", None) or ())
    if unpaged := sorted(layers - set(PAGED)):
        return f"its architecture ({kind}) has layers of {unpaged[0]}, which keep no pages"
    if not hasattr(model, "generate_batch") or not model._supports_attention_backend:
        return f"its architecture ({kind}) has no paged attention in transformers"
    if len(set(getattr(model, "hf_device_map", {}).values())) > 1:
        return "it lies on several devices, and transformers keeps the pages on one"
    return ""


def written_continuously(
    model: Any, prompts: Sequence[list[int]], limits: Sequence[int], places: int, decoding: dict[str, Any], seed: int
) -> list[list[int]]:
    """Return the tokens that the model writes to each prompt, in their order, end token included.

    Args:
        prompts, limits: Tokens of each, and the most to write to it.
        places: How many prompts are worked on at a time.
        decoding: Settings of a GenerationConfig, end tokens among them.
        seed: Of the samples that are drawn.

    Raises:
        RuntimeError, MemoryError: What the model raised in its thread.
    """
    from transformers import GenerationConfig

    config = GenerationConfig(max_new_tokens=max(limits), **decoding)
    manager = model.init_continuous_batching(config, _pages(prompts, limits, places, seed))
    manager.start()
    try:
        names = [
            manager.add_request(list(prompt), max_new_tokens=limit, eos_token_id=decoding["eos_token_id"])
            for prompt, limit in zip(prompts, limits, strict=True)
        ]
        made = _made(manager, len(prompts))
    finally:
        manager.stop(block=True, hard_stop=True)  # what is left after a fault must not be written for nobody
        manager.destroy()
    _raise_fault(manager, made)
    return [made[name].generated_tokens for name in names]


def _raise_fault(manager: Any, made: dict[str, Any]) -> None:
    """Raise what ended the thread, which is known once it has stopped; its requests have only the words of it."""
    if fault := manager.background_thread_status.fatal_error:
        raise fault
    if failed := next((result.error for result in made.values() if result.error is not None), None):
        raise RuntimeError(failed)


def _pages(prompts: Sequence[list[int]], limits: Sequence[int], places: int, seed: int) -> Any:
    from transformers import ContinuousBatchingConfig

    lengths = sorted((len(prompt) + limit for prompt, limit in zip(prompts, limits, strict=True)), reverse=True)
    return ContinuousBatchingConfig(
        page_size=PAGE,
        # As many as the longest prompts take that can be there together; left alone, it takes most of the memory.
        num_blocks=sum(-(-length // PAGE) + 1 for length in lengths[:places]),
        max_batch_tokens=PASS_TOKENS,
        max_requests_per_batch=min(places, len(prompts)),
        # What decides the text is the record's: the attention stays, and no prompt's numbers are another's.
        auto_switch_to_flash=False,
        allow_block_sharing=False,
        seed=seed,
    )


def _made(manager: Any, count: int) -> dict[str, Any]:
    """Return what came of each request; fewer than the count where one failed."""
    made: dict[str, Any] = {}
    while len(made) < count:
        result = manager.get_result(timeout=1)
        if result is None and not manager.is_running():
            break
        if result is not None and result.is_finished():
            made[result.request_id] = result
            if result.error is not None:
                break
    return made
