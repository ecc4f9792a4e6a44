"""What a long-input strategy asks of a model, and what it makes of the answers.

A strategy is a generator: it yields the calls of one step together, is sent the answers in the same order, and returns
the Made summary. So the calls of many summaries can share the engine's batches.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from models_runner.adapters.protocol import Prompt, Written


@dataclass(frozen=True)
class Call:
    """step: "summary", "chapter", "rewrite" or "re-summarize"."""

    step: str
    prompt: Prompt


@dataclass(frozen=True)
class AnsweredCall:
    step: str
    written: Written


@dataclass(frozen=True)
class Made:
    """dropped_tokens: tokens of the transcript, or of chapter summaries, that no call has read.

    chapters: parts the transcript was read in.
    """

    text: str
    stop_reason: str
    dropped_tokens: int
    chapters: int
    calls: Sequence[AnsweredCall] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """One summary to make, in terms of an engine.

    lines: the transcript, one line a turn. room: tokens of the window. prompt: the Prompt around a text, with an
    instruction of its own or the task's, and a limit of its own or the task's.
    """

    lines: Sequence[str]
    window: int
    limit: int
    count: Callable[[str], int]
    needs: Callable[[Prompt], int]
    prompt: Callable[..., Prompt]


Strategy = Generator[list[Call], list[Written], Made]
