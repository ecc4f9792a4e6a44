"""The protocol of a metric: it turns summaries with their references into named values, in the same order.

Packages of others import this module; what it has stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Direction(StrEnum):
    """Whether a higher or a lower value is better; NONE where neither is, as with the number of words."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class Need(StrEnum):
    """What a value cannot be computed without, beside the summary."""

    REFERENCE = "reference"
    TRANSCRIPT = "transcript"


class OnBoards(StrEnum):
    """When boards have a column for a value: always, once a summary has one, or never."""

    ALWAYS = "always"
    SCORED = "scored"
    NEVER = "never"


@dataclass(frozen=True)
class ValueDescription:
    """What a metric says of one of its values.

    Attributes:
        name: The key in scores, exports and addresses, such as rouge1; no other metric has one of this name.
        label: The name in words, in English.
        unit: What the number counts or is a share of, in English, such as "F-measure" or "words".
        help_text: A sentence on what the value says.
        direction: Which values are better.
        lowest, highest: The ends of its range; None where there is no end.
        needs: What it cannot be computed without.
        on_boards: When boards have a column for it.
        digits: Decimals on pages.
        translations: Label, unit and help by language, such as {"zh-hans": ("覆盖率", "份额", "…")}; a package's own
            way to other languages than English.
    """

    name: str
    label: str
    unit: str
    help_text: str
    direction: Direction = Direction.NONE
    lowest: float | None = None
    highest: float | None = None
    needs: tuple[Need, ...] = ()
    on_boards: OnBoards = OnBoards.SCORED
    digits: int = 3
    translations: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoringRequest:
    """One summary to score, with what it may be compared with.

    Attributes:
        summary: The text to score; may be empty.
        references: Human summaries; may be empty, and a metric that needs one then returns undefined values.
        transcript: The document's text, one line per turn.
        language: Code of the document's language.
        is_reference: Whether the summary is itself the human reference, so that comparing the two says nothing.
    """

    summary: str
    references: Sequence[str]
    transcript: str
    language: str
    is_reference: bool = False


# The kind of a span that is a sentence.
SENTENCE = "sentence"


@dataclass(frozen=True)
class ScoredSpan:
    """A part of a summary with a value of its own, such as a sentence or a number.

    Attributes:
        start, end: Its characters in the summary as written, markup included.
        value: The number; None if it is undefined.
        kind: What it is, in a word: SENTENCE, or such as number, name.
    """

    start: int
    end: int
    value: float | None
    kind: str = ""


@dataclass(frozen=True)
class MetricValue:
    """One value of a metric.

    Attributes:
        name: The value's name, for example rouge1.
        value: The number; None if it is undefined.
        reason: Why it is undefined; with a value, it may hold a remark, such as a cut-off input.
        spans: The parts of the summary that it is made of, where these are worth keeping; shown to researchers.
    """

    name: str
    value: float | None
    reason: str = ""
    spans: tuple[ScoredSpan, ...] = ()


class Metric(Protocol):
    """One metric with all its settings.

    Attributes:
        key: The metric's key, such as rouge.
        values: What it says of its values, in the order in which it returns them for every request.
    """

    key: str
    values: tuple[ValueDescription, ...]

    def signature(self, language: str) -> str:
        """Return name, versions and every setting that changes a number, for texts of this language."""

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        """Return the values of each request, shape (requests, values), in order.

        Requests about one document come one after another, so that what they share need be read only once.
        """


def names_of(values: Sequence[ValueDescription]) -> tuple[str, ...]:
    """Return the names of the values, in order."""
    return tuple(value.name for value in values)
