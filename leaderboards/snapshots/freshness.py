"""Whether a snapshot is up to date, for its page: votes now and then, and how far a newer one is."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from annotations.models import Assignment, Criterion, JudgementRevision
from leaderboards.data.filters import Filters, restriction
from leaderboards.data.votes import counted
from leaderboards.models import BoardSnapshot
from leaderboards.snapshots.serve import Served

# Counting what came since looks at each new answer; more than this is not worth a page's time.
MOST_COUNTED = 20_000


@dataclass(frozen=True)
class Standing:
    """votes: in the snapshot, None where there is none. votes_now: None where too much has come since to count.

    stage: what the worker is at, "" where the snapshot is current. reason: why the last try failed, "" if it did not.
    """

    current: bool
    votes: int | None
    votes_now: int | None
    as_of: datetime | None
    stage: str
    reason: str


def standing(served: Served, criterion: Criterion, filters: Filters) -> Standing:
    snapshot, job = served.snapshot, served.job
    votes = snapshot.votes if snapshot else None
    return Standing(
        current=served.current,
        votes=votes,
        votes_now=votes if served.current or snapshot is None else votes_now(snapshot, criterion, filters),
        as_of=snapshot.as_of if snapshot else None,
        stage=job.progress if job else "",
        reason=job.failure_reason if job else "",
    )


def votes_now(snapshot: BoardSnapshot, criterion: Criterion, filters: Filters) -> int | None:
    """The snapshot's votes, corrected by the answers given, changed or withdrawn since. Reads only those.

    Annotators left out or taken in since, and places given back, change the number once the snapshot is made anew.
    """
    answers = JudgementRevision.objects.filter(restriction(filters, criterion.study), criterion=criterion)
    since = answers.filter(pk__gt=snapshot.revision)
    if since[: MOST_COUNTED + 1].count() > MOST_COUNTED:
        return None
    touched = since.order_by().values("assignment")
    last = answers.filter(assignment=OuterRef("pk"), pk__lte=snapshot.revision).order_by("-pk")
    before = Assignment.objects.filter(pk__in=touched).annotate(last=Subquery(last.values("outcome")[:1]))
    now = counted(criterion, filters).filter(assignment__in=touched)
    return snapshot.votes + now.count() - before.exclude(last=None).exclude(last="").count()
