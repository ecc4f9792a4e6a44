"""The transformers adapter on a CUDA device: tokens a second, prompts one at a time against batches of 16."""

import time
from collections.abc import Sequence
from typing import Any

from benchmarks.meetings import Turn

BATCHES = (1, 16)
DTYPE = "bfloat16"


def measure(model: str, transcripts: Sequence[Sequence[Turn]], max_new: int, device: str = "cuda") -> dict[str, Any]:
    """Output tokens a second by batch size, or why nothing was measured."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return {"not_measured": "no CUDA device"}
    if not model:
        return {"not_measured": "no model; name its folder with --model"}
    speeds = {str(batch): _tokens_a_second(model, transcripts, max_new, batch, device) for batch in BATCHES}
    return {
        "device": torch.cuda.get_device_name(0) if device == "cuda" else device,
        "model": model,
        "dtype": DTYPE,
        "max_new": max_new,
        "tokens_a_second": speeds,
    }


def _tokens_a_second(model: str, transcripts: Sequence[Sequence[Turn]], max_new: int, batch: int, device: str) -> float:
    from models_runner.adapters.base import SummaryRequest, SystemSpec
    from models_runner.adapters.hf import load
    from models_runner.instructions import instruction_text, wordings

    # The same work at every batch size: no text ends before its limit.
    decoding = {"max_tokens": max_new, "min_new_tokens": max_new, "temperature": 0}
    engine = {"batch_size": batch, "device": device, "dtype": DTYPE}
    adapter = load(SystemSpec(slug="gpu", model_id=model, decoding=decoding, engine=engine))
    instruction = instruction_text(wordings()["medium"], "en")
    requests = [SummaryRequest("", turns, "en", instruction, "medium") for turns in transcripts]
    while len(requests) < max(BATCHES):
        requests += requests
    adapter.summarize(requests[:batch])
    started = time.perf_counter()
    outputs = adapter.summarize(requests)
    return sum(output.output_tokens or 0 for output in outputs) / (time.perf_counter() - started)


def line(measured: dict[str, Any]) -> str:
    if reason := measured.get("not_measured"):
        return f"GPU: not measured: {reason}"
    one, many = (measured["tokens_a_second"][str(batch)] for batch in BATCHES)
    what = f"GPU ({measured['device']}, {measured['model']}, {measured['dtype']}), tokens a second"
    return f"{what}: {one:.0f} at batch {BATCHES[0]}, {many:.0f} at batch {BATCHES[1]}, {many / one:.1f}x"
