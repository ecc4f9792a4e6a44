"""GGUF files on llama.cpp, inside this process (xllamacpp)."""

import json
import os
import resource
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.request import Request, urlopen

from models_runner.adapters.base import AdapterError, SummaryRequest, SystemOutput, SystemSpec
from models_runner.adapters.prompts import fit_transcript, output_tokens, user_text
from models_runner.weights import file_revision, resolve_gguf

DEFAULT_WINDOW = 2048
# Said explicitly: a model's own default may give its name, and the name may end up in a summary.
SYSTEM_MESSAGE = "You write summaries of meetings."
QUIET = -1
ENGINE_NAMES = {"repetition_penalty": "repeat_penalty"}  # one name in our records, another in the engine


class LlamaCppAdapter:
    """Engine settings: `slots` (1; on a CPU more are no faster and change greedy output), `threads` (0: all cores)."""

    name = "llamacpp"
    batch_size = 1

    def __init__(self, spec: SystemSpec) -> None:
        import xllamacpp

        path = resolve_gguf(spec.model_id)
        self.spec = spec
        self.revision = file_revision(path)
        self.window = spec.context_window or DEFAULT_WINDOW
        self.threads = int(str(spec.engine.get("threads", 0))) or len(os.sched_getaffinity(0))
        self.slots = int(str(spec.engine.get("slots", 1)))
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self.slots
        params.n_ctx = self.window * self.slots
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.verbosity = QUIET
        self.server = xllamacpp.Server(params)

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._output(request) for request in requests]

    def _output(self, request: SummaryRequest) -> SystemOutput:
        started = time.perf_counter()

        def messages(transcript: str) -> list[dict[str, str]]:
            user = user_text(self.spec, request.instruction, transcript)
            return [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": user}]

        def count_prompt(transcript: str) -> int:
            return self._count(self._post("/apply-template", {"messages": messages(transcript)})["prompt"])

        fitted = fit_transcript(self.spec, request, self.window, self._count, count_prompt)
        limit = output_tokens(self.spec, request.kind)
        answer = self.server.handle_chat_completions(
            {"messages": messages(fitted.text), "max_tokens": limit, "cache_prompt": False, **self._sampling()}
        )
        if "error" in answer:
            raise AdapterError(f"llama.cpp refused the request: {answer['error'].get('message', answer['error'])}")
        self._check_read_whole(answer["usage"]["prompt_tokens"], count_prompt(fitted.text))
        return self._record(answer, fitted.dropped_tokens, time.perf_counter() - started)

    def _sampling(self) -> dict[str, Any]:
        decoding = {ENGINE_NAMES.get(name, name): value for name, value in self.spec.decoding.items()}
        decoding.pop("max_tokens", None)
        return {"temperature": 0, "seed": 1} | decoding

    def _count(self, text: str) -> int:
        body = {"content": text, "add_special": False, "parse_special": True}
        return len(self._post("/tokenize", body)["tokens"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        # The engine answers these two questions on its loopback address only.
        data = json.dumps(body).encode()
        request = Request(self.server.listening_address + path, data, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return json.load(answer)

    def _check_read_whole(self, reported: int, sent: int) -> None:
        # A start-of-text token may or may not be counted.
        if reported < sent - 1:
            raise AdapterError(f"The engine read {reported} of {sent} prompt tokens; it cut the prompt silently.")

    def _record(self, answer: dict[str, Any], dropped: int, seconds: float) -> SystemOutput:
        choice = answer["choices"][0]
        text = (choice["message"]["content"] or "").strip()
        stop = "empty" if not text else ("length" if choice["finish_reason"] == "length" else "end")
        return SystemOutput(
            text=text,
            stop_reason=stop,
            prompt_tokens=answer["usage"]["prompt_tokens"],
            output_tokens=answer["usage"]["completion_tokens"],
            dropped_tokens=dropped,
            seconds=seconds,
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )

    def environment(self) -> dict[str, object]:
        return {
            "adapter": self.name,
            "xllamacpp": version("xllamacpp"),
            "threads": self.threads,
            "slots": self.slots,
            "window": self.window,
            "system_message": SYSTEM_MESSAGE,
        }
