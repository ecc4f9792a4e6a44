"""The protocol every system sits behind: requests in, outputs out, same order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class SummaryRequest:
    """What one summary is made from.

    turns: speaker and content of each turn, in order.
    instruction: the sentence that asks for the summary, for example "Write a short summary of the meeting."
    kind: long, medium, short or query.
    references: human summaries of this document that fit the instruction; only the `reference` adapter reads them.
    """

    document_id: str
    turns: Sequence[Mapping[str, str]]
    language: str
    instruction: str
    kind: str
    references: Sequence[str] = ()


@dataclass(frozen=True)
class SystemOutput:
    """What came out.

    stop_reason: "end", "length" (cut off at the output limit) or "empty".
    prompt_tokens: tokens read, prompt and template included; None where the adapter has no tokens.
    dropped_tokens: transcript tokens left out to fit the window; 0 when nothing was.
    seconds: wall clock of this output.
    peak_memory_bytes: highest resident memory of the process so far, or of the GPU since the system was loaded; None
    where unknown.
    chapters: parts the transcript was read in. calls: every call of a model, in order; none where there is no model.
    """

    text: str
    stop_reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    dropped_tokens: int
    seconds: float
    peak_memory_bytes: int | None = None
    chapters: int = 1
    calls: Sequence["CallRecord"] = ()


@dataclass(frozen=True)
class CallRecord:
    """One call of a model on the way to a summary. prompt: exactly what the model read."""

    step: str
    prompt: str
    output: str
    stop_reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float
    cached_tokens: int | None = None


@dataclass(frozen=True)
class SystemSpec:
    """The frozen fields of a System row that an adapter reads; an adapter knows no database."""

    slug: str
    model_id: str = ""
    revision: str = ""
    context_window: int | None = None
    prompt_template: str = ""
    decoding: Mapping[str, object] = field(default_factory=dict)
    long_input: Mapping[str, object] = field(default_factory=dict)
    engine: Mapping[str, object] = field(default_factory=dict)


class SystemAdapter(Protocol):
    """One loaded system. Made once per worker process and kept."""

    name: str
    revision: str
    batch_size: int  # how many requests to pass at once for good speed

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        """Outputs in the order of the requests; raises AdapterError."""

    def environment(self) -> dict[str, object]:
        """Versions and engine settings that make the output repeatable, as JSON values."""


class AdapterError(Exception):
    """This request cannot be summarized; the message is for the researcher."""


class TransientAdapterError(AdapterError):
    """A passing fault (an endpoint that is down, memory in use elsewhere): the same request may succeed later."""


class WeightsMissingError(AdapterError):
    """The system's weights are not on this machine; the message says what to install or where to point it."""
