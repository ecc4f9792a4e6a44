"""Leaving an annotator's votes out, and taking them in again: visible, with a reason, and reversible."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotations import audit
from annotations.models import Annotator, AuditEntry
from annotations.pair_counts import recount_pairs


class ExclusionError(ValueError):
    """The change cannot be made; the message says why."""


@transaction.atomic
def exclude(annotator: Annotator, reason: str, by: User | None) -> None:
    """Their votes count nowhere until they are included again; they may go on rating. Raises ExclusionError."""
    reason = reason.strip()
    if not reason:
        raise ExclusionError("Say why: the reason is kept in the study's history.")
    included = Annotator.objects.filter(pk=annotator.pk, excluded_at=None)
    if included.update(excluded_at=timezone.now(), exclusion_reason=reason[:500]):
        _record(annotator, by, "included", f"excluded: {reason[:500]}")
        recount_pairs(annotator.study)


@transaction.atomic
def include(annotator: Annotator, by: User | None) -> None:
    """Their votes count again."""
    excluded = Annotator.objects.filter(pk=annotator.pk, excluded_at__isnull=False)
    if excluded.update(excluded_at=None, exclusion_reason=""):
        _record(annotator, by, "excluded", "included")
        recount_pairs(annotator.study)


def _record(annotator: Annotator, by: User | None, before: str, after: str) -> None:
    audit.record(annotator.study, by, AuditEntry.Action.ANNOTATOR, annotator.pseudonym, before=before, after=after)
