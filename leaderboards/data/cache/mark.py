"""Say how far a study's answers were read, and whether what was read then is still so.

Answers have a history that only grows: a trigger refuses changes to its rows. So the same number of answers up to the
same newest one means the same answers. An answer that was committed late, or deleted with its annotator, changes the
number; a database that was restored from a copy has another answer under the newest one's number, or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from annotations.models import JudgementRevision, Study
from annotations.studies.change_marker import end_of_history

# Concurrent votes are committed in another order than they are numbered. One that is later than this is counted, and
# everything is read again.
SETTLE = timedelta(minutes=1)


@dataclass(frozen=True)
class End:
    """The end of the histories when something was read.

    Attributes:
        newest: Number of the newest answer that was settled.
        key: Its client key.
        history: Number of entries in the study's history, and its newest one.
    """

    newest: int
    key: str
    history: tuple[int, int]


@dataclass(frozen=True)
class ReadUpTo:
    """How far answers were read. answers: how many the study's questions had up to the newest one."""

    end: End
    answers: int


def read_end(study: Study, now: datetime) -> End | None:
    """Return the end of what is read from now on; None while no answer is settled."""
    settled = (
        JudgementRevision.objects.filter(criterion=question, created_at__lte=now - SETTLE)
        .order_by("-pk")
        .values_list("pk", "client_key")
        .first()
        for question in _questions(study)
    )
    newest = max(filter(None, settled), default=None)
    if newest is None:
        return None
    entries = end_of_history(study)
    return End(newest[0], newest[1].hex, (entries["n"], entries["last"] or 0))


def mark_at(end: End, study: Study, before: ReadUpTo | None = None) -> ReadUpTo:
    """Return the mark of an end, by counting the answers up to it; only those since another mark that still holds."""
    answers = _answers(study).filter(pk__lte=end.newest)
    if before is None:
        return ReadUpTo(end, answers.count())
    return ReadUpTo(end, before.answers + answers.filter(pk__gt=before.end.newest).count())


def still_holds(mark: ReadUpTo, study: Study, end: End) -> bool:
    """Whether the answers up to the mark are the same, and nothing but answers has changed up to this end."""
    same = JudgementRevision.objects.filter(pk=mark.end.newest, client_key=mark.end.key, criterion__study=study)
    return (
        mark.end.history == end.history
        and mark.end.newest <= end.newest
        and same.exists()
        and mark.answers == _answers(study).filter(pk__lte=mark.end.newest).count()
    )


def answered_since(mark: ReadUpTo, study: Study, most: int) -> set[int]:
    """Return the assignments with an answer to any question since the mark, at most one more than `most`."""
    since = _answers(study).filter(pk__gt=mark.end.newest).values_list("assignment_id", flat=True)
    return set(since.distinct()[: most + 1])


def _answers(study: Study) -> QuerySet[JudgementRevision]:
    return JudgementRevision.objects.filter(criterion__in=_questions(study)).order_by()


def _questions(study: Study) -> list[int]:
    return list(study.criteria.values_list("pk", flat=True))
