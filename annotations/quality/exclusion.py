"""Exclude annotators and include them again: visible, with a reason, and reversible."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import Annotator, AuditEntry, included
from annotations.studies import audit

LONGEST_REASON = 500


class ExclusionError(ValueError):
    """The change cannot be made; the message says why."""


def exclude(annotator: Annotator, reason: str, by: User | None) -> None:
    """Exclude an annotator: their votes count nowhere until they are included again. They may go on rating.

    Raises:
        ExclusionError: No reason is given.
    """
    exclude_all([annotator], reason, by)


@transaction.atomic
def exclude_all(annotators: Iterable[Annotator], reason: str, by: User | None) -> int:
    """Exclude several annotators of one study for one reason; returns how many were not excluded before."""
    # PostgreSQL refuses NUL.
    reason = reason.replace("\0", "").strip()[:LONGEST_REASON]
    if not reason:
        raise ExclusionError("Give a reason; it is kept in the study's history.")
    at = timezone.now()
    changed = _change(annotators, excluded_at=at, exclusion_reason=reason, was=included())
    return _record_changes(changed, by, "included", f"excluded: {reason}")


def include(annotator: Annotator, by: User | None) -> None:
    """Include an excluded annotator again."""
    include_all([annotator], by)


@transaction.atomic
def include_all(annotators: Iterable[Annotator], by: User | None) -> int:
    """Include several annotators of one study again; returns how many were excluded before."""
    changed = _change(annotators, excluded_at=None, exclusion_reason="", was=~included())
    return _record_changes(changed, by, "excluded", "included")


def _change(annotators: Iterable[Annotator], *, was: Q, **values: object) -> list[Annotator]:
    """Update the annotators to whom `was` applies, and return them.

    Each is checked and updated in one statement, always in the same order, so that two requests cannot deadlock.
    """
    in_order = sorted(annotators, key=lambda annotator: annotator.pk)
    return [annotator for annotator in in_order if Annotator.objects.filter(was, pk=annotator.pk).update(**values)]


def _record_changes(annotators: list[Annotator], by: User | None, before: str, after: str) -> int:
    for annotator in annotators:
        subject = annotator.pseudonym
        audit.record(annotator.study, by, AuditEntry.Action.ANNOTATOR, subject, before=before, after=after)
    if annotators:
        recount_pairs(annotators[0].study)
    return len(annotators)
