"""The protocol of a metric: pairs in, named values out, same order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ScoringRequest:
    """references may be empty: a metric that needs one says so in its values.

    is_reference: the summary is itself the human reference, so comparing it with the reference says nothing.
    """

    summary: str
    references: Sequence[str]
    transcript: str
    language: str
    is_reference: bool = False


@dataclass(frozen=True)
class MetricValue:
    """value None is undefined and reason says why; with a value, reason may hold a remark (a cut-off input)."""

    name: str
    value: float | None
    reason: str = ""


class Metric(Protocol):
    """One metric with all its settings."""

    key: str  # rouge, bertscore, length
    names: tuple[str, ...]  # the values it gives, for every request, in this order

    def signature(self, language: str) -> str:
        """Name, versions and every setting that changes a number, for texts of this language."""

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        """Values by request, in the order of the requests."""
