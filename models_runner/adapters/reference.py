"""Offer the human reference as a system, so that it can take part in blind comparisons."""

import time
from collections.abc import Sequence

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemOutput, SystemSpec


class ReferenceAdapter:
    """Returns the first reference of each request; raises AdapterError where there is none."""

    name = "reference"
    revision = ""
    batch_size = 50

    def __init__(self, spec: SystemSpec) -> None:
        self.spec = spec

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._output(request) for request in requests]

    def _output(self, request: SummaryRequest) -> SystemOutput:
        started = time.perf_counter()
        if not request.references:
            raise AdapterError(
                f"Document {request.document_id} has no reference for the instruction {request.kind!r}. "
                "Import one, or leave the system `reference` out."
            )
        return SystemOutput(request.references[0], "end", None, None, 0, time.perf_counter() - started)

    def environment(self) -> dict[str, object]:
        return {"adapter": self.name}
