"""Whether anything has changed in a study since something was computed from its votes, told without reading them.

The ends of histories that only grow: their cost does not depend on how many votes there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef

from annotations.models import Assignment, Criterion, Judgement, JudgementRevision, Remark, Study, Wanted

# Votes at the same moment are stored in another order than they are numbered. So a newest answer as young as this is
# marked as such: what was computed then is looked through once more when it has settled.
SETTLE_SECONDS = 10


@dataclass(frozen=True)
class Newest:
    """The newest answer on a criterion: given, corrected or withdrawn. revision: 0 without any."""

    revision: int
    settled: bool


def newest_answer(criterion: Criterion, now: datetime) -> Newest:
    newest = (
        JudgementRevision.objects.filter(criterion=criterion).order_by("-pk").values_list("pk", "created_at").first()
    )
    revision, at = newest or (0, None)
    return Newest(revision, at is None or now - at > timedelta(seconds=SETTLE_SECONDS))


def end_of_history(study: Study) -> dict[str, Any]:
    """Annotators left out or taken in, gold, imports, erasures, settings. The number of entries counts too: an import
    takes minutes, and its entry may appear after a newer one."""
    return study.audit_entries.order_by().aggregate(n=Count("pk"), last=Max("pk"))


def held_in_part(study: Study) -> list[int]:
    """Leased pairs with answers, which stop counting when the lease runs out: no more than people who rate now."""
    answered = Exists(Judgement.objects.filter(assignment=OuterRef("pk")))
    leased = Assignment.objects.filter(answered, state=Assignment.State.LEASED, annotator__study=study)
    return list(leased.order_by("pk").values_list("pk", flat=True))


def newest_remark(study: Study) -> int | None:
    """Where a comment is required, an answered pair can be taken up again without an answer."""
    return Remark.objects.aggregate(last=Max("pk"))["last"] if study.comments == Wanted.REQUIRED else None
