"""Run GGUF files on llama.cpp inside this process, by the library xllamacpp."""

import ctypes
import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from lib.machine.cores import cores
from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.memory import peak_resident_bytes
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import (
    ALTERNATIVES,
    AdapterError,
    Prompt,
    SystemSpec,
    Written,
    written_tokens,
)
from models_runner.adapters.reencoding import reencoded
from models_runner.adapters.texts.chat import Chat, Rendered, TemplateRefusal, pieces
from models_runner.adapters.texts.thinking import OMIT, messages
from models_runner.adapters.weights import file_revision, has_chat_template, resolve_gguf

DEFAULT_WINDOW = 2048
QUIET = -1
OPENMP = "libgomp.so.1"
DEFAULTS_ON_RECORD = (
    "top_k", "top_p", "min_p", "typical_p", "repeat_penalty", "repeat_last_n", "presence_penalty", "frequency_penalty",
    "dry_multiplier", "xtc_probability", "mirostat", "samplers",
)  # fmt: skip
ENGINE_NAMES = {"repetition_penalty": "repeat_penalty"}  # the name in our records, and llama.cpp's name for it


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, LlamaCppEngine(spec))


def usual_threads() -> int:
    """As torch does: what OMP_NUM_THREADS says, or one a core."""
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(said) if said.isdecimal() and int(said) else cores()


def load_library() -> Any:
    """Import xllamacpp; on a bare Linux without OpenMP (Debian's libgomp1), with the copy that PyTorch brings.

    Raises:
        AdapterError: Neither is there.
    """
    try:
        import xllamacpp
    except ImportError as error:
        if OPENMP not in str(error):
            raise
        try:
            # The loader takes a library that is in the process already, whatever folder it came from.
            ctypes.CDLL(str(_openmp_of_torch()), mode=ctypes.RTLD_GLOBAL)
        except OSError as none:
            raise AdapterError("llama.cpp needs OpenMP, which this machine lacks: apt-get install libgomp1.") from none
        import xllamacpp
    return xllamacpp


def _openmp_of_torch() -> Path:
    """Return where PyTorch's package has it, without importing PyTorch."""
    spec = find_spec("torch")
    folder = spec.origin if spec and spec.origin else "torch"
    return Path(folder).parent / "lib" / OPENMP


class LlamaCppEngine:
    """A GGUF model loaded by llama.cpp.

    Engine settings: `slots` (1; how many prompts are written side by side in the model's batches; on a CPU more slots
    are no faster, and they change greedy output), `threads` (0: OMP_NUM_THREADS, or all cores), `prefix_cache` (true:
    the beginning that a prompt shares with the one before is not read again), `reencode` (none; see reencoding.py),
    `flash_attention` (the engine decides; on a CPU it makes reading faster and writing slower), and those of
    texts/chat.py.

    Raises:
        WeightsMissingError: The file is not on this machine.
        AdapterError: llama.cpp cannot load the file, or OpenMP is missing.
    """

    name = "llamacpp"

    def __init__(self, spec: SystemSpec) -> None:
        xllamacpp = load_library()
        path = resolve_gguf(spec.model_id)
        self.spec = spec
        self.revision = file_revision(path)
        self.reencode = str(spec.engine.get("reencode") or "")
        if self.reencode:
            path = reencoded(path, self.reencode)
        self.flash_attention = spec.engine.get("flash_attention")
        self.window = spec.context_window or DEFAULT_WINDOW
        self.threads = int(str(spec.engine.get("threads", 0))) or usual_threads()
        self.batch_size = self.slots = int(str(spec.engine.get("slots", 1)))
        has_template = has_chat_template(path)
        self.prefix_cache = bool(spec.engine.get("prefix_cache", True))
        try:
            self.server = xllamacpp.Server(self._params(path))
        except RuntimeError as error:
            raise AdapterError(
                f"llama.cpp cannot load {path}: it is no GGUF file it knows, or memory is short."
            ) from error
        props = self._get("/props")
        self.sampling = dict(props.get("default_generation_settings", {}).get("params", {}))
        template = str(props.get("chat_template") or "") if has_template else ""
        self.chat = Chat(template, self._apply_template, spec.engine, self.window)

    def _params(self, path: Path) -> Any:
        xllamacpp = load_library()
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self.slots
        params.n_ctx = self.window * self.slots
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.verbosity = QUIET
        # llama.cpp would keep what it computed for each prompt, up to 8 GB; the slot has that of the last one anyway.
        params.cache_ram_mib = 0
        if self.flash_attention is not None:
            kind = xllamacpp.llama_flash_attn_type
            on, off = kind.LLAMA_FLASH_ATTN_TYPE_ENABLED, kind.LLAMA_FLASH_ATTN_TYPE_DISABLED
            params.flash_attn_type = on if self.flash_attention else off
        return params

    def count(self, text: str) -> int:
        return len(self._tokens(text, around=False, control=False))

    def _tokens(self, text: str, *, around: bool, control: bool) -> list[int]:
        """Encode a text; `around` adds the model's start token, `control` reads spelt control tokens as such."""
        body = {"content": text, "add_special": around, "parse_special": control}
        return list(self._post("/tokenize", body)["tokens"])

    def needs(self, prompt: Prompt) -> int:
        rendered = self.chat.render(prompt)
        plain = self._plain_ids(rendered)
        # A chat template writes its own special tokens.
        tokens = self._tokens(rendered.text, around=not self.chat.template, control=True) if plain is None else plain
        return len(tokens) + self._limit(prompt)

    def _limit(self, prompt: Prompt) -> int:
        return prompt.limit + self.chat.thinking_tokens

    def _plain_ids(self, rendered: Rendered) -> list[int] | None:
        """Encode a prompt with the documents' words as plain text; None where they spell no control token."""
        split = pieces(rendered.text, rendered.plain)
        if not any(is_plain and self._holds_control_tokens(piece) for piece, is_plain in split):
            return None
        # What spells no control token joins the plain words beside it, as it does where the text is encoded whole.
        marked = [(piece, is_plain or not self._holds_control_tokens(piece)) for piece, is_plain in split]
        ids: list[int] = []
        for n, (is_plain, group) in enumerate(groupby(marked, key=itemgetter(1))):
            text = "".join(piece for piece, _ in group)
            ids += self._tokens(text, around=n == 0, control=not is_plain)
        return ids

    def _holds_control_tokens(self, text: str) -> bool:
        return self._tokens(text, around=False, control=True) != self._tokens(text, around=False, control=False)

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
        rendered = self.chat.render(prompt)
        plain = self._plain_ids(rendered)
        answer = self._ask(prompt, rendered, plain)
        if "error" in answer:
            raise AdapterError(f"llama.cpp refused the request: {answer['error'].get('message', answer['error'])}")
        sent = self._tokens(rendered.text, around=False, control=True) if plain is None else plain
        _check_read_whole(answer["usage"]["prompt_tokens"], len(sent))
        choice, usage = answer["choices"][0], answer["usage"]
        message = choice.get("message") or {"content": choice.get("text")}
        thoughts = message.get("reasoning_content") or ""
        return Written(
            text=message.get("content") or "",
            thoughts=thoughts,
            thought_opened=rendered.opens_thought and not thoughts,
            stop_reason="length" if choice["finish_reason"] == "length" else "end",
            prompt=rendered.text,
            prompt_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            seconds=time.perf_counter() - started,
            cached_tokens=answer.get("timings", {}).get("cache_n"),
            peak_memory_bytes=peak_resident_bytes(),
            control_tokens=rendered.unfound,
            tokens=written_tokens(choice.get("logprobs")),
        )

    def _ask(self, prompt: Prompt, rendered: Rendered, plain: list[int] | None) -> Any:
        body = {"max_tokens": self._limit(prompt), "cache_prompt": self.prefix_cache} | self._sampling()
        body |= {} if prompt.seed is None else {"seed": prompt.seed}
        # The engine makes a grammar of the schema, so that nothing else can be written.
        body |= {"json_schema": json.loads(prompt.schema)} if prompt.schema else {}
        if plain is not None or not self.chat.template:
            chances = {"logprobs": ALTERNATIVES} if prompt.chances else {}
            return self.server.handle_completions(
                {"prompt": rendered.text if plain is None else plain} | body | chances
            )
        chances = {"logprobs": True, "top_logprobs": ALTERNATIVES} if prompt.chances else {}
        said = messages(prompt.text, prompt.system or SYSTEM_MESSAGE, self.chat.system_message)
        return self.server.handle_chat_completions(
            {"messages": said, "chat_template_kwargs": self.chat.variables} | body | chances
        )

    def _apply_template(self, said: list[dict[str, str]], variables: Mapping[str, Any]) -> str:
        try:
            answer = self._post("/apply-template", {"messages": said, "chat_template_kwargs": dict(variables)})
        except HTTPError as error:
            raise TemplateRefusal(_told(error)) from error
        return str(answer["prompt"])

    def _sampling(self) -> dict[str, Any]:
        named = {name: value for name, value in self.spec.decoding.items() if value is not None}
        named.pop("max_tokens", None)
        return {"temperature": 0, "seed": 1} | {ENGINE_NAMES.get(name, name): value for name, value in named.items()}

    def _get(self, path: str) -> Any:
        with urlopen(self.server.listening_address + path, timeout=120) as answer:  # noqa: S310
            return json.load(answer)

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
            "system_message": SYSTEM_MESSAGE if self.chat.system_message != OMIT else "",
            "chat": self.chat.record(),
            # What the decoding record leaves open; most of it decides nothing at temperature 0.
            "engine_defaults": {name: self.sampling[name] for name in DEFAULTS_ON_RECORD if name in self.sampling},
        }


def _told(error: HTTPError) -> str:
    """Return the words of a fault of the server, in one line."""
    text = error.read().decode(errors="replace")
    with suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["error"]["message"])
    return " ".join(text.split())[:200] or str(error)


def _check_read_whole(reported: int, sent: int) -> None:
    # A start-of-text token may or may not be counted.
    if reported < sent - 1:
        raise AdapterError(f"The engine read {reported} of {sent} prompt tokens; it cut the prompt silently.")
