"""Run sequence-to-sequence and decoder-only models in Hugging Face transformers, from a folder, hub id or GGUF file."""

import gc
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.memory import peak_resident_bytes
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import AdapterError, Prompt, SystemSpec, WeightsMissingError, Written
from models_runner.adapters.weights import file_revision, is_gguf, resolve_gguf

DEFAULT_WINDOW = 2048
LIBRARIES = ("transformers", "torch")


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, TransformersEngine(spec))


class TransformersEngine:
    """A model loaded by transformers.

    Engine settings: `batch_size` (4), `device` ("" chooses CUDA if there is a GPU), `dtype` ("" is bfloat16 on CUDA,
    float32 on the CPU) and `threads` (0: torch decides).

    Raises:
        WeightsMissingError: The weights are not on this machine.
    """

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
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

        if self.device.startswith("cuda"):
            self.torch.cuda.reset_peak_memory_stats()
        source, options, self.revision = _source(self.spec)
        try:
            adapter, source = source, _base_of_adapter(source, options)
            config = AutoConfig.from_pretrained(source, **options)
            self.seq2seq = bool(config.is_encoder_decoder)
            self.tokenizer = _tokenizer(adapter, source, options)
            kind = AutoModelForSeq2SeqLM if self.seq2seq else AutoModelForCausalLM
            model = kind.from_pretrained(source, dtype=getattr(self.torch, self.dtype), **_unpacked(options))
            if adapter != source:
                model = _merged(model, adapter)
        except (OSError, ValueError) as error:
            raise WeightsMissingError(_missing(self.spec, error)) from error
        self.model: Any = model.to(self.device).eval()  # type: ignore[arg-type]
        self.tokenizer.padding_side = "right" if self.seq2seq else "left"
        # This project keeps to the window itself; the tokenizer's own limit would only make it warn.
        self.tokenizer.model_max_length = 10**9
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token

    def _models_window(self) -> int | None:
        config = self.model.config
        return getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)

    def count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Return the tokens that the model reads, chat template included."""
        return self._ids(self._rendered(prompt))

    def answer_ids(self, text: str) -> list[int]:
        """Return the tokens of an answer that the model is to learn, end token included."""
        # Without a chat template, a line break separates a decoder's prompt from its answer.
        start = "" if self.seq2seq or self.tokenizer.chat_template else "\n"
        written = self.tokenizer(text_target=start + text, add_special_tokens=False)["input_ids"]
        return [*written, self.tokenizer.eos_token_id]

    def needs(self, prompt: Prompt) -> int:
        tokens = len(self.prompt_ids(prompt))
        # An encoder's window holds only the input; the output has the decoder's window.
        return tokens if self.seq2seq else tokens + prompt.limit

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        rendered = [self._rendered(prompt) for prompt in prompts]
        ids = [self._ids(text) for text in rendered]
        written: dict[int, Written] = {}
        # A batch has one output limit, so that no text is cut at another's limit, and similar lengths to save padding.
        order = sorted(range(len(prompts)), key=lambda i: (prompts[i].limit, len(ids[i])))
        for limit, group in groupby(order, key=lambda i: prompts[i].limit):
            for batch in _batched(group, self.batch_size):
                texts = self._batch([ids[i] for i in batch], [rendered[i] for i in batch], limit)
                written.update(zip(batch, texts, strict=True))
        return [written[i] for i in range(len(prompts))]

    def _rendered(self, prompt: Prompt) -> str:
        if self.seq2seq or not self.tokenizer.chat_template:
            return prompt.text
        messages = [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": prompt.text}]
        return str(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def _ids(self, prompt: str) -> list[int]:
        # A chat template writes its own special tokens.
        special = self.seq2seq or not self.tokenizer.chat_template
        return list(self.tokenizer(prompt, add_special_tokens=special)["input_ids"])

    def _batch(self, ids: Sequence[list[int]], rendered: Sequence[str], limit: int) -> list[Written]:
        """Run the model on a batch; if memory runs out, run it on each half of the batch, down to a single prompt."""
        try:
            return self._generate(ids, rendered, limit)
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            if len(ids) == 1:
                raise AdapterError(_out_of_memory(self.spec, self.device, len(ids[0]))) from error
        # Free memory outside the handler, because the exception holds the tensors of the failed pass.
        self._free_memory()
        half = len(ids) // 2
        return self._batch(ids[:half], rendered[:half], limit) + self._batch(ids[half:], rendered[half:], limit)

    def _free_memory(self) -> None:
        gc.collect()
        if self.device.startswith("cuda"):
            self.torch.cuda.empty_cache()

    def _generate(self, ids: Sequence[list[int]], rendered: Sequence[str], limit: int) -> list[Written]:
        started = time.perf_counter()
        inputs = self.tokenizer.pad([{"input_ids": read} for read in ids], return_tensors="pt").to(self.device)
        with self.torch.inference_mode():
            sequences = self.model.generate(**inputs, max_new_tokens=limit, **self._decoding())
        new = sequences if self.seq2seq else sequences[:, inputs["input_ids"].shape[1] :]
        seconds = (time.perf_counter() - started) / len(ids)
        rows = zip(new.tolist(), ids, rendered, strict=True)
        return [self._record(row, len(read), text, seconds) for row, read, text in rows]

    def _decoding(self) -> dict[str, Any]:
        decoding = {k: v for k, v in self.spec.decoding.items() if k not in ("max_tokens", "seed", "temperature")}
        self.torch.manual_seed(int(str(self.spec.decoding.get("seed", 1))))
        temperature = float(str(self.spec.decoding.get("temperature", 0)))
        sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        return {"pad_token_id": self.tokenizer.pad_token_id, **sampling, **decoding}

    def _record(self, row: list[int], read: int, prompt: str, seconds: float) -> Written:
        start = 1 if self.seq2seq else 0  # a decoder begins with its start token, which it did not write
        written, ended = _until_end(row[start:], self._end_tokens())
        text = str(self.tokenizer.decode(written, skip_special_tokens=True)).strip()
        return Written(
            text=text,
            stop_reason="end" if ended else "length",
            prompt=prompt,
            prompt_tokens=read,
            output_tokens=len(written),
            seconds=seconds,
            peak_memory_bytes=self.peak_memory_bytes(),
        )

    def _end_tokens(self) -> set[int]:
        end = self.model.generation_config.eos_token_id
        listed = end if isinstance(end, list) else [end]
        return {int(token) for token in [*listed, self.tokenizer.eos_token_id] if token is not None}

    def peak_memory_bytes(self) -> int:
        """Return the peak memory of the GPU since this system was loaded, or on a CPU that of the process."""
        if self.device.startswith("cuda"):
            return int(self.torch.cuda.max_memory_allocated())
        return peak_resident_bytes()

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


def _unpacked(options: dict[str, Any]) -> dict[str, Any]:
    """Add the option that dequantizes a GGUF file's weights, because only plain floats can be trained."""
    if "gguf_file" not in options:
        return options
    from transformers import GgufConfig

    return options | {"quantization_config": GgufConfig(dequantize=True)}


def _base_of_adapter(source: str, options: dict[str, Any]) -> str:
    """Return where the base of a PEFT adapter is, or the source itself if it is a whole model."""
    from transformers.utils.peft_utils import find_adapter_config_file

    config_file = None if "gguf_file" in options else find_adapter_config_file(source, **options)
    if config_file is None:
        return source
    config = json.loads(Path(config_file).read_text())
    options.pop("revision", None)  # the adapter's, not the base's
    if config.get("revision"):
        options["revision"] = config["revision"]
    return str(config["base_model_name_or_path"])


def _tokenizer(adapter: str, source: str, options: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    own = adapter != source and (Path(adapter) / "tokenizer_config.json").is_file()
    return AutoTokenizer.from_pretrained(adapter if own else source, padding_side="left", **options)


def _merged(model: Any, adapter: str) -> Any:
    """Add a PEFT adapter's matrices into the base's weights, which makes it as fast as a whole model."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def _batched(indices: Iterable[int], size: int) -> Iterator[list[int]]:
    remaining = iter(indices)
    while batch := list(islice(remaining, size)):
        yield batch


def _is_out_of_memory(error: Exception) -> bool:
    # torch has an exception class only for CUDA; its CPU allocator raises a plain RuntimeError.
    return isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error)


def _out_of_memory(spec: SystemSpec, device: str, tokens: int) -> str:
    return (
        f"Out of memory on {device}: one prompt of {tokens} tokens does not fit beside the weights of {spec.slug}. "
        "Use a smaller context window, a smaller dtype, or a machine with more memory."
    )


def _until_end(row: list[int], end_tokens: set[int]) -> tuple[list[int], bool]:
    """Return the tokens before the first end token, and whether there was one; after it there is only padding."""
    for position, token in enumerate(row):
        if token in end_tokens:
            return row[:position], True
    return row, False


def _source(spec: SystemSpec) -> tuple[str, dict[str, Any], str]:
    """Return where from_pretrained finds the model, its further arguments, and the revision to record."""
    if is_gguf(spec.model_id):
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
