"""Run sequence-to-sequence and decoder-only models in Hugging Face transformers, from a folder, hub id or GGUF file."""

import gc
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from models_runner.adapters.architectures.encoder_decoders import (
    attention_inputs,
    check_dtype,
    check_output_limit,
    input_window,
)
from models_runner.adapters.generating.continuous import PROMPTS_A_PLACE, check_continuous, written_continuously
from models_runner.adapters.generating.settings import (
    CONTINUOUS,
    STATIC,
    batching_of,
    cache_of,
    check_generating_settings,
)
from models_runner.adapters.generating.static import check_static_cache, static_cache_arguments
from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.loading.gguf_reading import gguf_read_once
from models_runner.adapters.loading.loader import Loader
from models_runner.adapters.loading.settings import keeps_to_cpu
from models_runner.adapters.memory import peak_resident_bytes
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import AdapterError, Prompt, SystemSpec, WeightsMissingError, Written
from models_runner.adapters.texts.chat import Chat, Rendered, TemplateRefusal
from models_runner.adapters.texts.generation_config import neutralise
from models_runner.adapters.texts.plain_tokens import PlainTokens
from models_runner.adapters.texts.thinking import OMIT
from models_runner.adapters.weights import file_revision, is_gguf, loaded_commit, local_weights, resolve_gguf

DEFAULT_WINDOW = 2048
LIBRARIES = ("transformers", "torch")


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, TransformersEngine(spec))


class TransformersEngine:
    """A model loaded by transformers.

    Engine settings: `batch_size` (4), `device` ("" chooses CUDA if there is a GPU), `dtype` ("" is bfloat16 on CUDA,
    float32 on the CPU), `threads` (0: torch decides), those of loading/settings.py, of generating/settings.py and of
    texts/chat.py. What the model's generation_config says beside its token ids is switched off; the decoding record
    alone decides.

    Raises:
        WeightsMissingError: The weights are not on this machine.
        DoesNotFitError: They are larger than the memory that is free.
    """

    name = "transformers"

    def __init__(self, spec: SystemSpec) -> None:
        import torch

        check_generating_settings(spec.engine)
        self.torch, self.spec = torch, spec
        self.asked_seed: int | None = None  # of the prompts that are being answered
        self.cache, self.batching = cache_of(spec.engine), batching_of(spec.engine)
        # Places are worked on at a time; where one is taken again, more prompts than places are wanted.
        self.places = int(str(spec.engine.get("batch_size", 4)))
        self.batch_size = self.places * (PROMPTS_A_PLACE if self.batching == CONTINUOUS else 1)
        on_gpu = torch.cuda.is_available() and not keeps_to_cpu(spec.engine)
        self.device = str(spec.engine.get("device") or ("cuda" if on_gpu else "cpu"))
        default_dtype = "bfloat16" if self.device.startswith("cuda") else "float32"
        self.dtype = str(spec.engine.get("dtype") or default_dtype)
        if threads := int(str(spec.engine.get("threads", 0))):
            torch.set_num_threads(threads)
        with gguf_read_once(spec.model_id):
            self._load()
        template = "" if self.seq2seq else _template_text(self.tokenizer)
        self.chat = Chat(template, self._apply_template, spec.engine, self.window)
        self.plain_tokens = PlainTokens(self.tokenizer)
        self.generation_record = neutralise(self.model)
        self._check_generating()

    def _load(self) -> None:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

        source, options, self.revision = _source(self.spec)
        try:
            adapter, source = source, _base_of_adapter(source, options)
            self.is_adapter = adapter != source
            config = AutoConfig.from_pretrained(source, **options)
            self.seq2seq = bool(config.is_encoder_decoder)
            check_dtype(config, self.dtype, self.spec.slug)
            self.tokenizer = _tokenizer(adapter, source, options)
            kind = AutoModelForSeq2SeqLM if self.seq2seq else AutoModelForCausalLM
            loader = Loader(self.spec, config, self.dtype, self.device, self.places)
            self.window = self.spec.context_window or input_window(config) or DEFAULT_WINDOW
            if self.is_adapter:
                loader.check_mergeable()
            self.plan = loader.plan(kind, self.window)
            model = loader.load(kind, source, **_unpacked(options))
            if self.is_adapter:
                model = _merged(model, adapter)
        except (OSError, ValueError) as error:
            raise WeightsMissingError(_missing(self.spec, error)) from error
        self.revision = self.revision or loaded_commit(self.spec.model_id)
        self.model, self.device = loader.put(model), loader.device
        self.gpus = loader.gpus
        self.tokenizer.padding_side = "right" if self.seq2seq else "left"
        # This project keeps to the window itself; the tokenizer's own limit would only make it warn.
        self.tokenizer.model_max_length = 10**9
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token

    def _check_generating(self) -> None:
        if self.cache == STATIC:
            check_static_cache(self.model, self.spec.slug)
        if self.batching == CONTINUOUS:
            check_continuous(self.model, self.spec)

    def count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Return the tokens that the model reads, chat template included."""
        return self._ids(self.chat.render(prompt))

    def answer_ids(self, text: str) -> list[int]:
        """Return the tokens of an answer that the model is to learn, end token included."""
        # Without a chat template, a line break separates a decoder's prompt from its answer.
        start = "" if self.seq2seq or self.chat.template else "\n"
        written = self.tokenizer(text_target=start + text, add_special_tokens=False)["input_ids"]
        return [*written, self.tokenizer.eos_token_id]

    def needs(self, prompt: Prompt) -> int:
        tokens = len(self.prompt_ids(prompt))
        # An encoder's window holds only the input; the output has the decoder's window.
        return tokens if self.seq2seq else tokens + self._limit(prompt)

    def _limit(self, prompt: Prompt) -> int:
        return prompt.limit + self.chat.thinking_tokens

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        written: dict[int, Written] = {}
        for seed in dict.fromkeys(prompt.seed for prompt in prompts):
            chosen = [i for i, prompt in enumerate(prompts) if prompt.seed == seed]
            self.asked_seed = seed
            written.update(zip(chosen, self._write([prompts[i] for i in chosen]), strict=True))
        return [written[i] for i in range(len(prompts))]

    def _write(self, prompts: Sequence[Prompt]) -> list[Written]:
        rendered = [self.chat.render(prompt) for prompt in prompts]
        ids = [self._ids(text) for text in rendered]
        limits = [self._limit(prompt) for prompt in prompts]
        if self.batching == CONTINUOUS:
            return self._side_by_side(ids, rendered, limits, min(self.places, len(ids)))
        written: dict[int, Written] = {}
        # A batch has one output limit, so that no text is cut at another's limit, and similar lengths to save padding.
        order = sorted(range(len(prompts)), key=lambda i: (limits[i], len(ids[i])))
        for limit, group in groupby(order, key=lambda i: limits[i]):
            for batch in _batched(group, self.places):
                texts = self._batch([ids[i] for i in batch], [rendered[i] for i in batch], limit)
                written.update(zip(batch, texts, strict=True))
        return [written[i] for i in range(len(prompts))]

    def _apply_template(self, messages: list[dict[str, str]], variables: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        try:
            rendered = self.tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=False, **variables
            )
        except TemplateError as error:
            raise TemplateRefusal(str(error) or type(error).__name__) from error
        return str(rendered)

    def _ids(self, rendered: Rendered) -> list[int]:
        # A chat template writes its own special tokens.
        special = not self.chat.template
        if not self.plain_tokens.holds_control_tokens(rendered.text, rendered.plain):
            return list(self.tokenizer(rendered.text, add_special_tokens=special)["input_ids"])
        ids = self.plain_tokens.ids_of(rendered.text, rendered.plain)
        return self.plain_tokens.framed(ids) if special else ids

    def _batch(self, ids: Sequence[list[int]], rendered: Sequence[Rendered], limit: int) -> list[Written]:
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

    def _side_by_side(
        self, ids: Sequence[list[int]], rendered: Sequence[Rendered], limits: Sequence[int], places: int
    ) -> list[Written]:
        """Write with continuous batching; if memory runs out, again with half the places, down to one."""
        decoding = self._decoding() | {"eos_token_id": sorted(self.end_tokens())}
        started = time.perf_counter()
        try:
            rows = written_continuously(self.model, ids, limits, places, decoding, self._seed())
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            if places == 1:
                raise AdapterError(_out_of_memory(self.spec, self.device, max(map(len, ids)))) from error
        else:
            seconds = (time.perf_counter() - started) / len(ids)
            made = zip(rows, ids, rendered, strict=True)
            return [self._record(row, len(read), text, seconds) for row, read, text in made]
        self._free_memory()
        return self._side_by_side(ids, rendered, limits, places // 2)

    def _free_memory(self) -> None:
        gc.collect()
        if self.device.startswith("cuda"):
            self.torch.cuda.empty_cache()

    def _generate(self, ids: Sequence[list[int]], rendered: Sequence[Rendered], limit: int) -> list[Written]:
        check_output_limit(self.model.config, limit, self.spec.slug)
        started = time.perf_counter()
        inputs = self.tokenizer.pad([{"input_ids": read} for read in ids], return_tensors="pt").to(self.device)
        further = attention_inputs(self.model.config, self.tokenizer, inputs["input_ids"])
        if self.cache == STATIC:
            further |= static_cache_arguments(self.model, self.window)
        with self.torch.inference_mode():
            sequences = self.model.generate(**inputs, **further, max_new_tokens=limit, **self._decoding())
        new = sequences if self.seq2seq else sequences[:, inputs["input_ids"].shape[1] :]
        seconds = (time.perf_counter() - started) / len(ids)
        rows = zip(new.tolist(), ids, rendered, strict=True)
        return [self._record(row, len(read), text, seconds) for row, read, text in rows]

    def _decoding(self) -> dict[str, Any]:
        named = {name: value for name, value in self.spec.decoding.items() if value is not None}
        decoding = {name: value for name, value in named.items() if name not in ("max_tokens", "seed", "temperature")}
        self.torch.manual_seed(self._seed())
        temperature = float(str(named.get("temperature", 0)))
        # The library would fill these two with numbers of its own.
        sampling: dict[str, Any] = {"do_sample": bool(temperature)}
        sampling |= {"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature else {}
        stops = {"tokenizer": self.tokenizer} if "stop_strings" in decoding else {}
        return {"pad_token_id": self.tokenizer.pad_token_id, **sampling, **stops, **decoding}

    def _seed(self) -> int:
        seed = self.spec.decoding.get("seed") if self.asked_seed is None else self.asked_seed
        return 1 if seed is None else int(str(seed))

    def _record(self, row: list[int], read: int, prompt: Rendered, seconds: float) -> Written:
        start = 1 if self.seq2seq else 0  # a decoder begins with its start token, which it did not write
        written, ended = _until_end(row[start:], self.end_tokens())
        return Written(
            text=self.plain_tokens.decoded(written).strip(),
            stop_reason="end" if ended else "length",
            prompt=prompt.text,
            thought_opened=prompt.opens_thought,
            control_tokens=prompt.unfound,
            prompt_tokens=read,
            output_tokens=len(written),
            seconds=seconds,
            peak_memory_bytes=self.peak_memory_bytes(),
        )

    def end_tokens(self) -> set[int]:
        """Return the tokens that end a text, by the model's configuration or its tokenizer."""
        end = self.model.generation_config.eos_token_id
        listed = end if isinstance(end, list) else [end]
        return {int(token) for token in [*listed, self.tokenizer.eos_token_id] if token is not None}

    def peak_memory_bytes(self) -> int:
        """Return the peak memory of its GPUs since this system was loaded, or on a CPU that of the process."""
        if self.device.startswith("cuda"):
            return sum(int(self.torch.cuda.max_memory_allocated(gpu)) for gpu in self.gpus)
        return peak_resident_bytes()

    def environment(self) -> dict[str, object]:
        versions = {library: version(library) for library in LIBRARIES}
        return {
            "adapter": self.name,
            **versions,
            "device": self.device,
            "dtype": self.dtype,
            "threads": self.torch.get_num_threads(),
            "attention": self.model.config._attn_implementation,
            "plan": self.plan.record(),
            "batch_size": self.places,
            "cache": self.cache,
            "batching": self.batching,
            "window": self.window,
            "system_message": SYSTEM_MESSAGE if self.chat.system_message != OMIT else "",
            "chat": self.chat.record(),
            "generation_config": self.generation_record,
        }


def _template_text(tokenizer: Any) -> str:
    """Return the chat template that transformers would use; "" if there is none."""
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default") or next(iter(template.values()), "")
    return str(template or "")


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
    return local_weights(str(config["base_model_name_or_path"]))


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
    folder = Path(local_weights(spec.model_id)).expanduser()
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
