"""The protocol a text-writing backend sits behind: prompts in, texts out. Adapters build summaries on top of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Prompt:
    """What an engine is asked.

    text: the user's words, instruction and transcript together, without the model's chat template.
    limit: the most tokens the engine may write.
    """

    text: str
    limit: int


@dataclass(frozen=True)
class Written:
    """What an engine answered.

    prompt: exactly what the model read, its chat template included.
    stop_reason: "end", "length" (cut off at the limit) or "empty".
    cached_tokens: prompt tokens the engine did not have to read again; None where it does not tell.
    seconds: wall clock; of a batch, an equal share.
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
