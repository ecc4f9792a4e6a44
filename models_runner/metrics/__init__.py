"""Metrics, one file each, and what they share: texts without markup, and undefined values with their reasons.

Imports no models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from lib.markup.parsing import RULES
from lib.markup.plain import words_only
from models_runner.metrics.protocol import MetricValue, ScoringRequest

NO_REFERENCE = "no reference for this document and instruction"
IS_REFERENCE = "is the reference itself"
# Part of every signature: values of texts with their markup are other values.
MARKUP_REMOVED = f"markup removed {RULES}"


def without_markup(requests: Sequence[ScoringRequest]) -> list[ScoringRequest]:
    """Return the requests with summaries and references as words alone; a transcript has no markup."""
    plain = cache(words_only)  # the summaries of a document have the same references
    return [
        replace(
            request,
            summary=plain(request.summary),
            references=tuple(plain(reference) for reference in request.references),
        )
        for request in requests
    ]


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
