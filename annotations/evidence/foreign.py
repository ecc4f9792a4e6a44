"""Summaries that an attention check sets beside another document's transcript: their evidence is looked for there.

Without it these pairs alone would lack the marks, and so give themselves away.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from annotations.models import Comparison, ForeignEvidence, Study
from models_runner.models import Summary

SIDES = ("summary_a", "summary_b")


def foreign_sides() -> list[QuerySet[Comparison]]:
    """For each side, attention checks of open studies whose summary there is foreign and has no current evidence."""
    checks = Comparison.objects.exclude(study__status=Study.Status.CLOSED).filter(control_item__attention=True)
    found = ForeignEvidence.objects.current().filter(document=OuterRef("document"))
    return [
        checks.exclude(**{f"{side}__document": F("document")}).filter(~Exists(found.filter(summary=OuterRef(side))))
        for side in SIDES
    ]


def foreign_wanting(document_id: int) -> list[Summary]:
    """Summaries of other documents that want their evidence in this one."""
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
    """By summary, what was found in the comparison's document for the one that is not of it."""
    pair = [comparison.summary_a_id, comparison.summary_b_id]
    rows = ForeignEvidence.objects.current().filter(document=comparison.document_id, summary__in=pair)
    return dict(rows.values_list("summary", "spans"))
