"""The two protocols of adapters, with their requests, answers and errors.

A SystemAdapter takes requests and gives summaries in the same order; most stand on a TextEngine: prompts in, texts out.
"""

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


@dataclass(frozen=True)
class Prompt:
    """What an engine is asked.

    Attributes:
        text: The user's words, instruction and transcript together, without the model's chat template.
        limit: The most tokens that the engine may write.
    """

    text: str
    limit: int


@dataclass(frozen=True)
class Written:
    """What an engine answered.

    Attributes:
        prompt: Exactly what the model read, its chat template included.
        stop_reason: "end", "length" (cut off at the limit) or "empty".
        cached_tokens: Prompt tokens that the engine did not have to read again; None where it does not tell.
        seconds: Wall clock; of a batch, an equal share.
    """

    text: str
    stop_reason: str
    prompt: str
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float
    cached_tokens: int | None = None
    peak_memory_bytes: int | None = None


class TextEngine(Protocol):
    """A loaded model. `window` is in tokens; `batch_size` is how many prompts to pass at once for good speed."""

    name: str
    revision: str
    window: int
    batch_size: int

    def count(self, text: str) -> int:
        """Tokens of a plain text by the model's own tokenizer."""

    def needs(self, prompt: Prompt) -> int:
        """Tokens of the window this prompt takes, template included, and its output too where both share the window."""

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        """Answers in the order of the prompts; raises AdapterError."""

    def environment(self) -> dict[str, object]:
        """Versions and settings that make the output repeatable, as JSON values."""
