"""Return fixed answers, and raise faults on demand, for tests.

Engine settings: `answers` {document id: text}, `default` (a text, which may contain {document_id}), `seconds` (a pause
for each summary), `batch_size` (1) and `faults` {document id: "error" | "empty" | "length" | "die" | "disk full" |
"unexpected" | ["transient", ...]}; a list names the fault of each call in turn, within one process. To a prompt it
answers `said` {words of a prompt: answer}, the first whose words are in it, or else `default`.
"""

import errno
import os
import time
from collections import Counter
from collections.abc import Sequence

from models_runner.adapters.protocol import (
    AdapterError,
    Prompt,
    SummaryRequest,
    SystemOutput,
    SystemSpec,
    TransientAdapterError,
    Written,
)


class ScriptedEngine:
    """Answers prompts with fixed texts; a token is a word."""

    name = "scripted"
    revision = "1"

    def __init__(self, spec: SystemSpec) -> None:
        self.settings = spec.engine
        self.window = spec.context_window or 2048
        self.batch_size = int(str(spec.engine.get("batch_size", 1)))
        self.faults = list(spec.engine.get("prompt_faults", ()))  # type: ignore[call-overload]

    def count(self, text: str) -> int:
        return len(text.split())

    def needs(self, prompt: Prompt) -> int:
        return self.count(prompt.text) + prompt.limit

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        return [self._write(prompt) for prompt in prompts]

    def _write(self, prompt: Prompt) -> Written:
        seconds = float(self.settings.get("seconds", 0))  # type: ignore[arg-type]
        time.sleep(seconds)
        if self.faults:
            _raise(str(self.faults.pop(0)))
        said = dict(self.settings.get("said", {}))  # type: ignore[call-overload]
        answers = (answer for words, answer in said.items() if words in prompt.text)
        text = str(next(answers, self.settings.get("default", "")))
        kept = text.split()[: prompt.limit]
        cut = len(kept) < len(text.split())
        read, stop = self.count(prompt.text), "length" if cut else "end"
        return Written(" ".join(kept) if cut else text, stop, prompt.text, read, len(kept), seconds)

    def environment(self) -> dict[str, object]:
        return {"adapter": self.name}


class ScriptedAdapter:
    name = "scripted"
    revision = "1"

    def __init__(self, spec: SystemSpec) -> None:
        self.settings = spec.engine
        self.engine = ScriptedEngine(spec)
        self.batch_size = int(str(spec.engine.get("batch_size", 1)))
        self.calls: Counter[str] = Counter()

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._output(request) for request in requests]

    def _output(self, request: SummaryRequest) -> SystemOutput:
        fault = self._fault(request.document_id)
        seconds = float(self.settings.get("seconds", 0))  # type: ignore[arg-type]
        time.sleep(seconds)
        _raise(fault)
        text = "" if fault == "empty" else self._text(request)
        stop = {"empty": "empty", "length": "length"}.get(fault, "end")
        return SystemOutput(text, stop, len(str(request.turns).split()), len(text.split()), 0, seconds)

    def _fault(self, document_id: str) -> str:
        scripted = dict(self.settings.get("faults", {})).get(document_id, "")  # type: ignore[call-overload]
        if isinstance(scripted, str):
            return scripted
        call = self.calls[document_id]
        self.calls[document_id] += 1
        return str(scripted[call]) if call < len(scripted) else ""

    def _text(self, request: SummaryRequest) -> str:
        answers = dict(self.settings.get("answers", {}))  # type: ignore[call-overload]
        default = str(self.settings.get("default", "A summary of {document_id}."))
        return str(answers.get(request.document_id, default.replace("{document_id}", request.document_id)))

    def environment(self) -> dict[str, object]:
        return {"adapter": self.name}


def _raise(fault: str) -> None:
    if fault == "die":
        os._exit(9)
    if fault == "transient":
        raise TransientAdapterError("a passing fault, as scripted")
    if fault == "error":
        raise AdapterError("a fault, as scripted")
    if fault == "disk full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if fault == "unexpected":
        raise RuntimeError("a fault nobody foresaw, as scripted")
