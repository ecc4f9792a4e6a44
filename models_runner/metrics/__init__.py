"""Metrics, one file each, and what they share: undefined values, and the reasons for them; imports no models."""

from collections.abc import Iterable

from models_runner.metrics.protocol import MetricValue, ScoringRequest

NO_REFERENCE = "no reference for this document and instruction"
IS_REFERENCE = "is the reference itself"


def undefined_values(names: Iterable[str], reason: str) -> list[MetricValue]:
    """Return an undefined value with this reason for each name."""
    return [MetricValue(name, None, reason) for name in names]


def written_references(request: ScoringRequest) -> list[str]:
    """Return the references that are not blank, in order."""
    return [reference for reference in request.references if reference.strip()]


def why_incomparable(request: ScoringRequest) -> str:
    """Tell why the summary cannot be compared with references; "" if it can."""
    if request.is_reference:
        return IS_REFERENCE
    return "" if written_references(request) else NO_REFERENCE
