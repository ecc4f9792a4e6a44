"""Run GGUF files on llama.cpp inside this process, by the library xllamacpp."""

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.memory import peak_resident_bytes
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import AdapterError, Prompt, SystemSpec, Written
from models_runner.adapters.reencoding import reencoded
from models_runner.adapters.weights import file_revision, has_chat_template, resolve_gguf

DEFAULT_WINDOW = 2048
QUIET = -1
ENGINE_NAMES = {"repetition_penalty": "repeat_penalty"}  # the name in our records, and llama.cpp's name for it


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, LlamaCppEngine(spec))


class LlamaCppEngine:
    """A GGUF model loaded by llama.cpp.

    Engine settings: `slots` (1; how many prompts are written side by side in the model's batches; on a CPU more slots
    are no faster, and they change greedy output), `threads` (0: all cores), `prefix_cache` (true: the beginning that a
    prompt shares with the one before is not read again), `reencode` (none; see reencoding.py) and `flash_attention`
    (the engine decides; on a CPU it makes reading faster and writing slower).

    Raises:
        WeightsMissingError: The file is not on this machine.
        AdapterError: llama.cpp cannot load the file.
    """

    name = "llamacpp"

    def __init__(self, spec: SystemSpec) -> None:
        import xllamacpp

        path = resolve_gguf(spec.model_id)
        self.spec = spec
        self.revision = file_revision(path)
        self.reencode = str(spec.engine.get("reencode") or "")
        if self.reencode:
            path = reencoded(path, self.reencode)
        self.flash_attention = spec.engine.get("flash_attention")
        self.window = spec.context_window or DEFAULT_WINDOW
        self.threads = int(str(spec.engine.get("threads", 0))) or len(os.sched_getaffinity(0))
        self.batch_size = self.slots = int(str(spec.engine.get("slots", 1)))
        self.chat = has_chat_template(path)
        self.prefix_cache = bool(spec.engine.get("prefix_cache", True))
        try:
            self.server = xllamacpp.Server(self._params(path))
        except RuntimeError as error:
            raise AdapterError(
                f"llama.cpp cannot load {path}: it is no GGUF file it knows, or memory is short."
            ) from error

    def _params(self, path: Path) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self.slots
        params.n_ctx = self.window * self.slots
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.verbosity = QUIET
        if self.flash_attention is not None:
            kind = xllamacpp.llama_flash_attn_type
            on, off = kind.LLAMA_FLASH_ATTN_TYPE_ENABLED, kind.LLAMA_FLASH_ATTN_TYPE_DISABLED
            params.flash_attn_type = on if self.flash_attention else off
        return params

    def count(self, text: str) -> int:
        return self._tokens(text, special=False)

    def _tokens(self, text: str, *, special: bool) -> int:
        body = {"content": text, "add_special": special, "parse_special": True}
        return len(self._post("/tokenize", body)["tokens"])

    def needs(self, prompt: Prompt) -> int:
        # A chat template writes its own special tokens.
        return self._tokens(self._rendered(prompt), special=not self.chat) + prompt.limit

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        if self.slots == 1:
            return [self._write(prompt) for prompt in prompts]
        started = time.perf_counter()
        with ThreadPoolExecutor(self.slots) as pool:
            written = list(pool.map(self._write, prompts))
        share = (time.perf_counter() - started) / max(1, len(written))
        return [replace(text, seconds=share) for text in written]

    def _write(self, prompt: Prompt) -> Written:
        started = time.perf_counter()
        rendered = self._rendered(prompt)
        answer = self._ask(prompt)
        if "error" in answer:
            raise AdapterError(f"llama.cpp refused the request: {answer['error'].get('message', answer['error'])}")
        _check_read_whole(answer["usage"]["prompt_tokens"], self.count(rendered))
        choice, usage = answer["choices"][0], answer["usage"]
        message = choice["message"] if self.chat else {"content": choice["text"]}
        return Written(
            text=message.get("content") or "",
            thoughts=message.get("reasoning_content") or "",
            stop_reason="length" if choice["finish_reason"] == "length" else "end",
            prompt=rendered,
            prompt_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            seconds=time.perf_counter() - started,
            cached_tokens=answer.get("timings", {}).get("cache_n"),
            peak_memory_bytes=peak_resident_bytes(),
        )

    def _ask(self, prompt: Prompt) -> Any:
        body = {"max_tokens": prompt.limit, "cache_prompt": self.prefix_cache} | self._sampling()
        if self.chat:
            return self.server.handle_chat_completions({"messages": _messages(prompt)} | body)
        return self.server.handle_completions({"prompt": prompt.text} | body)

    def _rendered(self, prompt: Prompt) -> str:
        # For weights without a template llama.cpp would use another model's, and the model would write its markers.
        if not self.chat:
            return prompt.text
        return str(self._post("/apply-template", {"messages": _messages(prompt)})["prompt"])

    def _sampling(self) -> dict[str, Any]:
        decoding = {ENGINE_NAMES.get(name, name): value for name, value in self.spec.decoding.items()}
        decoding.pop("max_tokens", None)
        return {"temperature": 0, "seed": 1} | decoding

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        # The library offers these two requests only over HTTP, on a loopback address.
        data = json.dumps(body).encode()
        request = Request(self.server.listening_address + path, data, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return json.load(answer)

    def environment(self) -> dict[str, object]:
        return {
            "adapter": self.name,
            "xllamacpp": version("xllamacpp"),
            "threads": self.threads,
            "slots": self.slots,
            "window": self.window,
            "prefix_cache": self.prefix_cache,
            "reencode": self.reencode,
            "flash_attention": self.flash_attention,
            "system_message": SYSTEM_MESSAGE if self.chat else "",
        }


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": prompt.text}]


def _check_read_whole(reported: int, sent: int) -> None:
    # A start-of-text token may or may not be counted.
    if reported < sent - 1:
        raise AdapterError(f"The engine read {reported} of {sent} prompt tokens; it cut the prompt silently.")
