"""Tell a page whether its snapshot is current: votes then and now, and the progress of a newer one."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from annotations.models import Assignment, Criterion, JudgementRevision
from leaderboards.data.filters import Filters, restriction
from leaderboards.data.votes import filtered_votes
from leaderboards.models import BoardSnapshot
from leaderboards.snapshots.serve import Served

# Most new answers to count for a page.
MOST_COUNTED = 20_000


@dataclass(frozen=True)
class Freshness:
    """How current a snapshot is.

    Attributes:
        votes: Votes in the snapshot; None without one.
        votes_now: None where it would take too long to count.
        stage: What the worker is doing; "" where the snapshot is current.
        reason: Why the last attempt failed; "" if it did not.
    """

    current: bool
    votes: int | None
    votes_now: int | None
    as_of: datetime | None
    stage: str
    reason: str


def freshness_of(served: Served, criterion: Criterion, filters: Filters) -> Freshness:
    """Return how current what was served is."""
    snapshot, job = served.snapshot, served.job
    votes = snapshot.votes if snapshot else None
    return Freshness(
        current=served.current,
        votes=votes,
        votes_now=votes if served.current or snapshot is None else votes_now(snapshot, criterion, filters),
        as_of=snapshot.as_of if snapshot else None,
        stage=job.progress if job else "",
        reason=job.failure_reason if job else "",
    )


def votes_now(snapshot: BoardSnapshot, criterion: Criterion, filters: Filters) -> int | None:
    """Count the votes now: those of the snapshot, corrected by the answers given, changed or withdrawn since.

    Only those answers are read. Annotators excluded or included since and places given back are not: they change the
    number when the snapshot is renewed.
    """
    if filters.judge or filters.helped:
        return None
    if filters.raters == "unflagged":
        return None  # who is flagged now would take as long as the board itself
    answers = JudgementRevision.objects.filter(restriction(filters, criterion.study), criterion=criterion)
    since = answers.filter(pk__gt=snapshot.revision)
    if since[: MOST_COUNTED + 1].count() > MOST_COUNTED:
        return None
    touched = since.order_by().values("assignment")
    last = answers.filter(assignment=OuterRef("pk"), pk__lte=snapshot.revision).order_by("-pk")
    before = Assignment.objects.filter(pk__in=touched).annotate(last=Subquery(last.values("outcome")[:1]))
    now = filtered_votes(criterion, filters).filter(assignment__in=touched)
    return snapshot.votes + now.count() - before.exclude(last=None).exclude(last="").count()
