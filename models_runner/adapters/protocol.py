"""The two protocols of adapters, with their requests, answers and errors.

A SystemAdapter turns requests into summaries, in the same order. Most adapters use a TextEngine, which turns prompts
into texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

# How many other tokens an engine is asked for at each place, where it is asked for chances.
ALTERNATIVES = 10


@dataclass(frozen=True)
class SummaryRequest:
    """What one summary is made from.

    Attributes:
        document_id: The document's id in its dataset.
        turns: Speaker and content of each turn, in order.
        language: Code of the document's language.
        instruction: The sentence that asks for the summary, for example "Write a short summary of the meeting."
        kind: long, medium, short or query.
        references: Human summaries of this document that fit the instruction; only the adapter `reference` reads them.
    """

    document_id: str
    turns: Sequence[Mapping[str, str]]
    language: str
    instruction: str
    kind: str
    references: Sequence[str] = ()


@dataclass(frozen=True)
class SystemOutput:
    """One summary, with what it took to write it.

    Attributes:
        text: The summary.
        stop_reason: "end", "length" (cut off at the output limit), "thinking" (the limit was spent on it) or "empty".
        prompt_tokens: Tokens read, prompt and template included; None where the adapter has no tokens.
        output_tokens: Tokens written, thoughts included; None where the adapter has no tokens.
        dropped_tokens: Transcript tokens left out to fit the window; 0 if none were.
        seconds: Wall-clock time of this summary; None where a provider wrote it in a batch.
        peak_memory_bytes: Peak resident memory of the process so far, or of the GPU since the system was loaded; None
            where unknown.
        chapters: Number of parts in which the transcript was read.
        calls: Every call of a model, in order; empty where there is no model.
        thoughts: What the model thought on the way; "" if it did not, or keeps it to itself.
        thinking_tokens: Those of the output tokens that were thoughts; None where unknown.
        control_tokens: Control tokens in the transcript that the engine may not have read as plain text.
    """

    text: str
    stop_reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    dropped_tokens: int
    seconds: float | None
    peak_memory_bytes: int | None = None
    chapters: int = 1
    calls: Sequence["CallRecord"] = ()
    thoughts: str = ""
    thinking_tokens: int | None = None
    control_tokens: Sequence[str] = ()


@dataclass(frozen=True)
class CallRecord:
    """One call of a model on the way to a summary.

    Attributes:
        step: "summary", "chapter", "rewrite" or "re-summarize".
        prompt: Exactly what the model read.
        output: What the model wrote, without its thoughts.
        stop_reason: "end", "length", "thinking" or "empty".
        prompt_tokens: Tokens read; None where the engine does not report them.
        output_tokens: Tokens written; None where the engine does not report them.
        seconds: Wall-clock time of the call; None where a provider answered it in a batch.
        cached_tokens: Prompt tokens that were not read again; None where the engine does not report them.
        thoughts: What the model thought before it wrote the output.
        thinking_tokens: Those of the output tokens that were thoughts; None where unknown.
    """

    step: str
    prompt: str
    output: str
    stop_reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float | None
    cached_tokens: int | None = None
    thoughts: str = ""
    thinking_tokens: int | None = None


@dataclass(frozen=True)
class SystemSpec:
    """The frozen fields of a System row, which adapters read because they have no access to the database."""

    slug: str
    model_id: str = ""
    revision: str = ""
    context_window: int | None = None
    prompt_template: str = ""
    decoding: Mapping[str, object] = field(default_factory=dict)
    long_input: Mapping[str, object] = field(default_factory=dict)
    engine: Mapping[str, object] = field(default_factory=dict)
    price: Mapping[str, float] = field(default_factory=dict)


class SystemAdapter(Protocol):
    """One loaded system, which a worker process creates once and keeps.

    Attributes:
        name: The adapter's key.
        revision: The exact version of the weights; "" where there are none or it is not known.
        batch_size: How many requests to pass at once for good speed.
    """

    name: str
    revision: str
    batch_size: int

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        """Write a summary for each request, in order. Raises AdapterError."""

    def environment(self) -> dict[str, object]:
        """Return the versions and engine settings that make the output repeatable, as JSON values."""


class AdapterError(Exception):
    """The request cannot be summarized; the message is written for the researcher."""


class TransientAdapterError(AdapterError):
    """A temporary fault, such as an endpoint that is down: the same request may succeed later."""


class NotYetError(TransientAdapterError):
    """Nothing may be sent to the endpoint now, by no fault of the request: it waits, and no attempt is counted.

    Attributes:
        until: When to try again.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class RefusedError(AdapterError):
    """The model or its server refuses to answer this prompt; others may be answered."""


class DoesNotFitError(AdapterError):
    """The system's weights do not fit into the memory that is free now; the message has the numbers."""


class WeightsMissingError(AdapterError):
    """The system's weights are not on this machine; the message says what to install or which path to set."""


@dataclass(frozen=True)
class Prompt:
    """One request to an engine.

    Attributes:
        text: The user's words, instruction and transcript together, without the model's chat template.
        limit: The most tokens that the engine may write.
        plain: Where in the text the words of documents stand, as (begin, end) in characters. Control tokens in there
            are text; elsewhere they are the system's own.
        system: The system's message; "" for that of who writes summaries.
        seed: Of the sampling; None for that of the system's record.
        schema: A JSON schema that the answer must fit, as text, for engines that can hold a model to one; "" for none.
        chances: Whether to tell how likely other tokens were, for engines that can.
    """

    text: str
    limit: int
    plain: tuple[tuple[int, int], ...] = ()
    system: str = ""
    seed: int | None = None
    schema: str = ""
    chances: bool = False

    @property
    def plain_text(self) -> str:
        """The words of documents, or the whole text where nobody noted them."""
        return "\n".join(self.text[begin:end] for begin, end in self.plain) if self.plain else self.text


@dataclass(frozen=True)
class WrittenToken:
    """A token of an answer.

    Attributes:
        text: The token.
        logprobs: Natural logarithms of the chances of the likeliest tokens at this place, by their text.
    """

    text: str
    logprobs: Mapping[str, float]


def written_tokens(logprobs: object) -> tuple[WrittenToken, ...]:
    """Read what the OpenAI protocol calls `logprobs` of a choice; none where it is missing or has another form."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    tokens = []
    for told in content if isinstance(content, list) else ():
        if not isinstance(told, Mapping) or not isinstance(told.get("token"), str):
            return ()
        listed = told.get("top_logprobs")
        pairs = (
            [told, *(token for token in listed if isinstance(token, Mapping))] if isinstance(listed, list) else [told]
        )
        chances = {token["token"]: token["logprob"] for token in pairs if _is_logprob(token)}
        tokens.append(WrittenToken(told["token"], chances))
    return tuple(tokens)


def _is_logprob(told: Mapping[str, object]) -> bool:
    value = told.get("logprob")
    return isinstance(told.get("token"), str) and isinstance(value, int | float) and value <= 0


@dataclass(frozen=True)
class Written:
    """One answer of an engine.

    Engines hand over what the model wrote; `settled_answer` (texts/answers.py) parts thoughts from it, for all of them.

    Attributes:
        text: What the model wrote, without special tokens.
        stop_reason: "end" or "length" (cut off at the limit); once settled also "thinking" or "empty".
        prompt: Exactly what the model read, its chat template included.
        prompt_tokens: Tokens read; None where the engine does not report them.
        output_tokens: Tokens written; None where the engine does not report them.
        seconds: Wall-clock time; of calls that were made together, an equal share; None in a provider's batch.
        cached_tokens: Prompt tokens that the engine did not have to read again; None where it does not report them.
        peak_memory_bytes: Peak memory of the process or the GPU; None where unknown.
        thoughts: What the engine itself parted from the text as thoughts.
        thinking_tokens: Those of the output tokens that were thoughts; None where the engine does not report them.
        thought_opened: Whether the prompt's last words opened a thought, so that the text begins inside it.
        control_tokens: Control tokens in the user's words that the engine may not have read as plain text.
        tokens: The tokens of the answer with the chances of others; none if it does not tell them.
    """

    text: str
    stop_reason: str
    prompt: str
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float | None
    cached_tokens: int | None = None
    peak_memory_bytes: int | None = None
    thoughts: str = ""
    thinking_tokens: int | None = None
    thought_opened: bool = False
    control_tokens: tuple[str, ...] = ()
    tokens: tuple[WrittenToken, ...] = ()


class TextEngine(Protocol):
    """A loaded model.

    Attributes:
        name: The adapter's key.
        revision: The exact version of the weights; "" where it is not known.
        window: Context window in tokens.
        batch_size: How many prompts to pass at once for good speed.
    """

    name: str
    revision: str
    window: int
    batch_size: int

    def count(self, text: str) -> int:
        """Count the tokens of a plain text by the model's own tokenizer, or estimate them where there is none."""

    def needs(self, prompt: Prompt) -> int:
        """Count the tokens of the window that a prompt takes, template included.

        Its output limit is included where input and output share the window.
        """

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        """Answer each prompt, in order. Raises AdapterError."""

    def environment(self) -> dict[str, object]:
        """Return the versions and settings that make the output repeatable, as JSON values."""
