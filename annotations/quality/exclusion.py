"""Leaving an annotator's votes out, and taking them in again: visible, with a reason, and reversible."""

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
    """Their votes count nowhere until they are included again; they may go on rating. Raises ExclusionError."""
    exclude_all([annotator], reason, by)


@transaction.atomic
def exclude_all(annotators: Iterable[Annotator], reason: str, by: User | None) -> int:
    """The same of several of one study, for one reason; returns of how many the votes counted before."""
    # PostgreSQL takes no NUL.
    reason = reason.replace("\0", "").strip()[:LONGEST_REASON]
    if not reason:
        raise ExclusionError("Say why: the reason is kept in the study's history.")
    at = timezone.now()
    changed = _change(annotators, excluded_at=at, exclusion_reason=reason, was=included())
    return _changed(changed, by, "included", f"excluded: {reason}")


def include(annotator: Annotator, by: User | None) -> None:
    """Their votes count again."""
    include_all([annotator], by)


@transaction.atomic
def include_all(annotators: Iterable[Annotator], by: User | None) -> int:
    """The same of several of one study; returns of how many the votes were left out."""
    changed = _change(annotators, excluded_at=None, exclusion_reason="", was=~included())
    return _changed(changed, by, "excluded", "included")


def _change(annotators: Iterable[Annotator], *, was: Q, **values: object) -> list[Annotator]:
    """Those that were so, each asked and changed in one statement; in one order, so that two requests never block."""
    in_order = sorted(annotators, key=lambda one: one.pk)
    return [one for one in in_order if Annotator.objects.filter(was, pk=one.pk).update(**values)]


def _changed(annotators: list[Annotator], by: User | None, before: str, after: str) -> int:
    for one in annotators:
        audit.record(one.study, by, AuditEntry.Action.ANNOTATOR, one.pseudonym, before=before, after=after)
    if annotators:
        recount_pairs(annotators[0].study)
    return len(annotators)
