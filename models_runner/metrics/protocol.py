"""The protocol of a metric: it turns summaries with their references into named values, in the same order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


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


@dataclass(frozen=True)
class MetricValue:
    """One value of a metric.

    Attributes:
        name: The value's name, for example rouge1.
        value: The number; None if it is undefined.
        reason: Why it is undefined; with a value, it may hold a remark, such as a cut-off input.
    """

    name: str
    value: float | None
    reason: str = ""


class Metric(Protocol):
    """One metric with all its settings.

    Attributes:
        key: The metric's key: rouge, bertscore, length or markup.
        names: The values that it returns for every request, in this order.
    """

    key: str
    names: tuple[str, ...]

    def signature(self, language: str) -> str:
        """Return name, versions and every setting that changes a number, for texts of this language."""

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        """Return the values of each request, shape (requests, names), in order."""
