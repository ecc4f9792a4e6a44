"""Finds evidence for summaries that an attention check sets beside another document's transcript.

Without it, these pairs alone would lack the marks and so reveal themselves.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from annotations.models import Comparison, ForeignEvidence, Study
from models_runner.models import Summary

SIDES = ("summary_a", "summary_b")


def foreign_sides() -> list[QuerySet[Comparison]]:
    """Return, for each side, the attention checks whose summary there is foreign and has no current evidence."""
    checks = Comparison.objects.exclude(study__status=Study.Status.CLOSED).filter(control_item__attention=True)
    current = ForeignEvidence.objects.current().filter(document=OuterRef("document"))
    return [
        checks.exclude(**{f"{side}__document": F("document")}).filter(~Exists(current.filter(summary=OuterRef(side))))
        for side in SIDES
    ]


def foreign_wanting(document_id: int) -> list[Summary]:
    """Return summaries of other documents whose evidence in this document is missing."""
    ids = {
        pk
        for side, checks in zip(SIDES, foreign_sides(), strict=True)
        for pk in checks.filter(document=document_id).values_list(side, flat=True)
    }
    return list(Summary.objects.filter(pk__in=ids).only("pk", "text").order_by("pk"))


def foreign_rows(
    document_id: int, summaries: list[Summary], spans: Callable[[str], list[dict[str, Any]]], signature: str
) -> list[ForeignEvidence]:
    return [
        ForeignEvidence(summary=summary, document_id=document_id, spans=spans(summary.text), signature=signature)
        for summary in summaries
    ]


def save_foreign(rows: list[ForeignEvidence]) -> None:
    ForeignEvidence.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["summary", "document"],
        update_fields=["spans", "signature", "created_at"],
    )


def foreign_spans(comparison: Comparison) -> dict[int, list[dict[str, Any]]]:
    """Return the evidence in the comparison's document for its foreign summary, by summary."""
    pair = [comparison.summary_a_id, comparison.summary_b_id]
    rows = ForeignEvidence.objects.current().filter(document=comparison.document_id, summary__in=pair)
    return dict(rows.values_list("summary", "spans"))
