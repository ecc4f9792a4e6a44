"""Hugging Face transformers: sequence-to-sequence and decoder-only models from a folder, a hub id or a GGUF file."""

import os
import resource
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models_runner.adapters.base import (
    SummaryRequest,
    SystemOutput,
    SystemSpec,
    WeightsMissingError,
)
from models_runner.adapters.prompts import fit_transcript, output_tokens, user_text
from models_runner.longinput.truncate import Truncated
from models_runner.weights import PACKAGE, file_revision, resolve_gguf

DEFAULT_WINDOW = 2048
SYSTEM_MESSAGE = "You write summaries of meetings."
LIBRARIES = ("transformers", "torch")


class TransformersAdapter:
    """Engine settings: `batch_size` (4), `device` ("" chooses CUDA when there is one), `dtype` ("" is bfloat16 on CUDA,
    float32 on the CPU) and `threads` (0: as torch decides)."""

    name = "transformers"

    def __init__(self, spec: SystemSpec) -> None:
        import torch

        self.torch, self.spec = torch, spec
        self.batch_size = int(str(spec.engine.get("batch_size", 4)))
        self.device = str(spec.engine.get("device") or ("cuda" if torch.cuda.is_available() else "cpu"))
        default_dtype = "bfloat16" if self.device.startswith("cuda") else "float32"
        self.dtype = str(spec.engine.get("dtype") or default_dtype)
        if threads := int(str(spec.engine.get("threads", 0))):
            torch.set_num_threads(threads)
        self._load()
        self.window = spec.context_window or self._models_window() or DEFAULT_WINDOW

    def _load(self) -> None:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

        source, options, self.revision = _source(self.spec)
        try:
            config = AutoConfig.from_pretrained(source, **options)
            self.seq2seq = bool(config.is_encoder_decoder)
            self.tokenizer = AutoTokenizer.from_pretrained(source, padding_side="left", **options)
            kind = AutoModelForSeq2SeqLM if self.seq2seq else AutoModelForCausalLM
            model = kind.from_pretrained(source, dtype=getattr(self.torch, self.dtype), **options)
        except (OSError, ValueError) as error:
            raise WeightsMissingError(_missing(self.spec, error)) from error
        self.model: Any = model.to(self.device).eval()  # type: ignore[arg-type]
        self.tokenizer.padding_side = "right" if self.seq2seq else "left"
        # Our own limits hold; the tokenizer's only makes it warn.
        self.tokenizer.model_max_length = 10**9
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token

    def _models_window(self) -> int | None:
        config = self.model.config
        return getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        fitted = [self._fit(request) for request in requests]
        prompts = [self._prompt(r, f.text) for r, f in zip(requests, fitted, strict=True)]
        outputs: dict[int, SystemOutput] = {}
        # Alike lengths in one batch: little padding. One output limit in one batch: nobody is cut by another's.
        order = sorted(range(len(prompts)), key=lambda i: (output_tokens(self.spec, requests[i].kind), len(prompts[i])))
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            for limit in sorted({output_tokens(self.spec, requests[i].kind) for i in batch}):
                group = [i for i in batch if output_tokens(self.spec, requests[i].kind) == limit]
                made = self._generate([prompts[i] for i in group], limit, [fitted[i] for i in group])
                outputs.update(zip(group, made, strict=True))
        return [outputs[i] for i in range(len(requests))]

    def _fit(self, request: SummaryRequest) -> Truncated:
        def count_prompt(transcript: str) -> int:
            tokens = len(self._ids(self._prompt(request, transcript)))
            # An encoder's window holds the input alone; the output has the decoder's.
            return tokens - output_tokens(self.spec, request.kind) if self.seq2seq else tokens

        return fit_transcript(self.spec, request, self.window, self._count, count_prompt)

    def _prompt(self, request: SummaryRequest, transcript: str) -> str:
        user = user_text(self.spec, request.instruction, transcript)
        if self.seq2seq or not self.tokenizer.chat_template:
            return user
        messages = [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": user}]
        return str(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def _ids(self, prompt: str) -> list[int]:
        # A chat template writes its own special tokens.
        special = self.seq2seq or not self.tokenizer.chat_template
        return list(self.tokenizer(prompt, add_special_tokens=special)["input_ids"])

    def _count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _generate(self, prompts: list[str], limit: int, fitted: list[Truncated]) -> list[SystemOutput]:
        started = time.perf_counter()
        ids = [{"input_ids": self._ids(prompt)} for prompt in prompts]
        inputs = self.tokenizer.pad(ids, return_tensors="pt").to(self.device)
        with self.torch.inference_mode():
            sequences = self.model.generate(**inputs, max_new_tokens=limit, **self._decoding())
        new = sequences if self.seq2seq else sequences[:, inputs["input_ids"].shape[1] :]
        seconds = (time.perf_counter() - started) / len(prompts)
        rows = zip(new.tolist(), ids, fitted, strict=True)
        return [self._record(row, len(one["input_ids"]), fit, limit, seconds) for row, one, fit in rows]

    def _decoding(self) -> dict[str, Any]:
        decoding = {k: v for k, v in self.spec.decoding.items() if k not in ("max_tokens", "seed", "temperature")}
        self.torch.manual_seed(int(str(self.spec.decoding.get("seed", 1))))
        temperature = float(str(self.spec.decoding.get("temperature", 0)))
        sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        return {"pad_token_id": self.tokenizer.pad_token_id, **sampling, **decoding}

    def _record(self, row: list[int], prompt: int, fitted: Truncated, limit: int, seconds: float) -> SystemOutput:
        start = 1 if self.seq2seq else 0  # a decoder begins with its start token, which it did not write
        written, ended = _until_end(row[start:], self._end_tokens())
        text = str(self.tokenizer.decode(written, skip_special_tokens=True)).strip()
        stop = "empty" if not text else ("end" if ended else "length")
        return SystemOutput(text, stop, prompt, len(written), fitted.dropped_tokens, seconds, self._peak_memory())

    def _end_tokens(self) -> set[int]:
        end = self.model.generation_config.eos_token_id
        listed = end if isinstance(end, list) else [end]
        return {int(token) for token in [*listed, self.tokenizer.eos_token_id] if token is not None}

    def _peak_memory(self) -> int:
        if self.device.startswith("cuda"):
            return int(self.torch.cuda.max_memory_allocated())
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def environment(self) -> dict[str, object]:
        versions = {library: version(library) for library in LIBRARIES}
        return {
            "adapter": self.name,
            **versions,
            "device": self.device,
            "dtype": self.dtype,
            "threads": self.torch.get_num_threads(),
            "batch_size": self.batch_size,
            "window": self.window,
            "system_message": SYSTEM_MESSAGE if self.tokenizer.chat_template and not self.seq2seq else "",
        }


def _until_end(row: list[int], end_tokens: set[int]) -> tuple[list[int], bool]:
    """The tokens before the first end token, and whether there was one; what follows it is padding."""
    for position, token in enumerate(row):
        if token in end_tokens:
            return row[:position], True
    return row, False


def _source(spec: SystemSpec) -> tuple[str, dict[str, Any], str]:
    """Where from_pretrained finds the model, its further arguments, and the revision to record."""
    if spec.model_id.startswith(PACKAGE) or spec.model_id.endswith(".gguf"):
        path = resolve_gguf(spec.model_id)
        return str(path.parent), {"gguf_file": path.name}, file_revision(path)
    if not spec.model_id:
        raise WeightsMissingError(
            f"System {spec.slug} names no weights. Set its model_id to a folder, a GGUF file or a hub id."
        )
    folder = Path(spec.model_id).expanduser()
    if folder.is_dir():
        weights = sorted(folder.glob("*.safetensors"))
        return str(folder), {}, file_revision(weights[0]) if weights else ""
    options = {"revision": spec.revision} if spec.revision else {}
    return spec.model_id, options, spec.revision


def _missing(spec: SystemSpec, error: Exception) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    hint = " Downloading is off; set HUB_ONLINE=1 to allow it." if offline else ""
    reason = str(error).splitlines()[0][:200]
    return (
        f"The weights {spec.model_id!r} are not on this machine ({reason}). "
        f"Put them into a folder and use its path as model_id.{hint}"
    )
