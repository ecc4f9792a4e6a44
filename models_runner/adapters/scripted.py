"""Return fixed answers, and raise faults on demand, for tests.

Engine settings: `answers` {document id: text}, `default` (a text, which may contain {document_id}), `seconds` (a pause
for each summary), `batch_size` (1) and `faults` {document id: "error" | "empty" | "length" | "die" | "disk full" |
"unexpected" | ["transient", ...]}; a list names the fault of each call in turn, within one process.
"""

import errno
import os
import time
from collections import Counter
from collections.abc import Sequence

from models_runner.adapters.protocol import (
    AdapterError,
    SummaryRequest,
    SystemOutput,
    SystemSpec,
    TransientAdapterError,
)


class ScriptedAdapter:
    name = "scripted"
    revision = "1"

    def __init__(self, spec: SystemSpec) -> None:
        self.engine = spec.engine
        self.batch_size = int(str(spec.engine.get("batch_size", 1)))
        self.calls: Counter[str] = Counter()

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._output(request) for request in requests]

    def _output(self, request: SummaryRequest) -> SystemOutput:
        fault = self._fault(request.document_id)
        seconds = float(self.engine.get("seconds", 0))  # type: ignore[arg-type]
        time.sleep(seconds)
        _raise(fault)
        text = "" if fault == "empty" else self._text(request)
        stop = {"empty": "empty", "length": "length"}.get(fault, "end")
        return SystemOutput(text, stop, len(str(request.turns).split()), len(text.split()), 0, seconds)

    def _fault(self, document_id: str) -> str:
        scripted = dict(self.engine.get("faults", {})).get(document_id, "")  # type: ignore[call-overload]
        if isinstance(scripted, str):
            return scripted
        call = self.calls[document_id]
        self.calls[document_id] += 1
        return str(scripted[call]) if call < len(scripted) else ""

    def _text(self, request: SummaryRequest) -> str:
        answers = dict(self.engine.get("answers", {}))  # type: ignore[call-overload]
        default = str(self.engine.get("default", "A summary of {document_id}."))
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
