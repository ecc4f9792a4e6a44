"""The calls that a long-input strategy asks of a model, and the summary that it makes of the answers.

A strategy is a generator: it yields the calls of one step together, is sent the answers in the same order, and returns
a Made summary. In this way the calls of many summaries share the engine's batches.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from models_runner.adapters.protocol import Prompt, Written


@dataclass(frozen=True)
class Call:
    """A call that a strategy asks for.

    Attributes:
        step: "summary", "chapter", "rewrite" or "re-summarize".
        prompt: What the engine is asked.
    """

    step: str
    prompt: Prompt


@dataclass(frozen=True)
class AnsweredCall:
    """A call with the engine's answer."""

    step: str
    written: Written


@dataclass(frozen=True)
class Made:
    """The summary that a strategy returns.

    Attributes:
        text: The summary.
        stop_reason: "end", "length" or "empty".
        dropped_tokens: Tokens of the transcript, or of chapter summaries, that no call has read.
        chapters: Number of parts in which the transcript was read.
        calls: Every call with its answer, in order.
    """

    text: str
    stop_reason: str
    dropped_tokens: int
    chapters: int
    calls: Sequence[AnsweredCall] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """One summary to write, in terms of an engine.

    Attributes:
        lines: The transcript, one line per turn.
        window: Context window in tokens.
        limit: The most tokens that the summary may have.
        count: Counts the tokens of a text.
        needs: Counts the tokens of the window that a prompt takes.
        prompt: Builds the Prompt around a text; takes `instruction` and `limit` where they differ from the task's.
    """

    lines: Sequence[str]
    window: int
    limit: int
    count: Callable[[str], int]
    needs: Callable[[Prompt], int]
    prompt: Callable[..., Prompt]


Strategy = Generator[list[Call], list[Written], Made]
