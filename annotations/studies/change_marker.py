"""Cheap markers of change in a study: if they differ, what was computed from its votes may be stale.

Each reads the end of a history that only grows, so the cost does not depend on the number of votes.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Subquery

from annotations.models import Assignment, Criterion, Judgement, JudgementRevision, Remark, Study, Wanted

# Concurrent votes may be committed in another order than they are numbered. An answer younger than this is marked as
# unsettled, so that what was computed then is checked once more later.
SETTLE_SECONDS = 10


@dataclass(frozen=True)
class Newest:
    """The newest answer on a criterion, whether given, corrected or withdrawn.

    Attributes:
        revision: Its number; 0 if there is no answer.
        settled: False while an older number may still appear.
    """

    revision: int
    settled: bool


def marker_of(parts: Sequence[object]) -> str:
    """Return one short text of several markers: SHA-256 of them as JSON."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def newest_answer(criterion: Criterion, now: datetime) -> Newest:
    newest = (
        JudgementRevision.objects.filter(criterion=criterion).order_by("-pk").values_list("pk", "created_at").first()
    )
    revision, at = newest or (0, None)
    return Newest(revision, at is None or now - at > timedelta(seconds=SETTLE_SECONDS))


def newest_answers(study: Study, now: datetime) -> dict[int, Newest]:
    """Return the newest answer to each of the study's questions, in one query."""
    answers = JudgementRevision.objects.filter(criterion=OuterRef("pk")).order_by("-pk")
    last = {name: Subquery(answers.values(name)[:1]) for name in ("pk", "created_at")}
    rows = study.criteria.order_by("pk").values_list("pk", last["pk"], last["created_at"])
    settled_by = now - timedelta(seconds=SETTLE_SECONDS)
    return {question: Newest(revision or 0, at is None or at < settled_by) for question, revision, at in rows}


def end_of_history(study: Study) -> dict[str, Any]:
    """Return the end of the audit trail: exclusions, gold, imports, erasures and settings.

    The number of entries counts too: an import takes minutes, and its entry may appear after a newer one.
    """
    return study.audit_entries.order_by().aggregate(n=Count("pk"), last=Max("pk"))


def held_in_part(study: Study) -> list[int]:
    """List leased pairs with answers, which stop counting when the lease expires; no more than people now rating."""
    answered = Exists(Judgement.objects.filter(assignment=OuterRef("pk")))
    leased = Assignment.objects.filter(answered, state=Assignment.State.LEASED, annotator__study=study)
    return list(leased.order_by("pk").values_list("pk", flat=True))


_completing: list[Callable[[Study], object]] = []


def register_completing(newest: Callable[[Study], object]) -> None:
    """Let an app above this one say what else completes a pair without a new answer.

    newest: Returns the end of its history; None, without a query, where the study does not ask for it.
    """
    if newest not in _completing:
        _completing.append(newest)


def newest_remark(study: Study) -> object:
    """Return the newest of what completes a pair without a new answer: a comment where it is required, or a mark."""
    remark = Remark.objects.aggregate(last=Max("pk"))["last"] if study.comments == Wanted.REQUIRED else None
    others = [end for newest in _completing if (end := newest(study)) is not None]
    return [remark, *others] if others else remark
