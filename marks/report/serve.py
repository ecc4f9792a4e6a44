"""Serve the newest figures on a study's marks at once, and have newer ones made where marks or votes have changed.

Those of a small study are computed in the request, those of a large one by a worker, while the page shows the last ones
and says so.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone

from annotations.models import Judgement, Study
from annotations.studies.change_marker import end_of_history, held_in_part, newest_answers, newest_remark
from jobs.working import work_on
from marks.models import MarkReportJob, Withdrawal
from marks.models.reports import MarkReportJobQuerySet
from marks.report.figures import Values, mark_figures

# Of the figures; raise it where they are computed in another way, so that those that are kept are made anew.
RULES = 1
# More marks, or readings, than these are never read in a request.
MOST_IN_REQUEST = 2_000
# What the state does not see, such as another language of a document: look again after a day.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class ServedMarks:
    """What a page can show.

    Attributes:
        figures: The newest ones; None where there are none yet.
        job: The row that they are kept in.
        current: Whether they are about the marks and votes as they are.
    """

    figures: Values | None
    job: MarkReportJob
    current: bool

    @property
    def failed(self) -> bool:
        """Whether the last attempt at newer ones failed; the job says why."""
        return not self.current and self.job.status == MarkReportJob.Status.FAILED


def served_marks(study: Study) -> ServedMarks:
    """Return the newest figures, and ask for newer ones where they are stale."""
    now = timezone.now()
    job, _ = MarkReportJob.objects.get_or_create(study=study, defaults={"asked_at": now})
    if job.computed_at is not None and job.computed_at > now - OLDEST and job.state == _state(study, now):
        return ServedMarks(job.report, job, current=True)
    if _is_small(study):
        return ServedMarks(_store(job, MarkReportJob.objects.filter(pk=job.pk)), job, current=True)
    if MarkReportJob.objects.filter(pk=job.pk).ask_again(now) or job.announced_at is None:
        job.announce()
        job.refresh_from_db()
    return ServedMarks(job.report, job, current=False)


def compared_by_marks(study: Study) -> Values:
    """Return how the small and the large compare, for a verdict; empty, after one query, without marks.

    Of a large study these are the newest figures that are kept.
    """
    if not study.marks.exists():
        return {}
    figures = served_marks(study).figures
    return {"small_large": figures["small_large"]} if figures and "small_large" in figures else {}


def work_on_marks(job_id: int, *, owner: str) -> str:
    """Compute the figures of one study; return a line for the log. Calling it twice is harmless."""
    return work_on(MarkReportJob.objects.select_related("study"), job_id, _make, owner=owner)


def _make(job: MarkReportJob, held: MarkReportJobQuerySet) -> str:
    _store(job, held)
    held.finish()
    return str(job)


def _store(job: MarkReportJob, held: MarkReportJobQuerySet) -> Values:
    """Compute the figures and keep them; what changes meanwhile makes them stale."""
    now = timezone.now()
    state = _state(job.study, now)
    # As they are read back, so that the first answer is like all later ones.
    figures: Values = json.loads(json.dumps(mark_figures(job.study, job.study.seed)))
    held.update(report=figures, state=state, computed_at=now)
    return figures


def _state(study: Study, now: datetime) -> str:
    """Return a short text of what the figures depend on."""
    parts: list[Any] = [
        RULES,
        study.seed,
        [study.small_system_id, study.large_system_id],
        {question: asdict(newest) for question, newest in newest_answers(study, now).items()},
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
        *(
            rows.order_by().aggregate(n=Count("pk"), last=Max("pk"))
            for rows in (study.marks.all(), study.readings.all())
        ),
        Withdrawal.objects.filter(mark__study=study).order_by().aggregate(n=Count("pk"), last=Max("pk")),
        list(study.systems.order_by("slug").values_list("slug", "name", "parameters")),
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def _is_small(study: Study) -> bool:
    votes = Judgement.objects.filter(criterion__study=study).order_by()[: settings.BOARD_IN_REQUEST_VOTES + 1]
    marks = study.marks.order_by()[: MOST_IN_REQUEST + 1]
    read = study.readings.order_by()[: MOST_IN_REQUEST + 1]
    return votes.count() <= settings.BOARD_IN_REQUEST_VOTES and max(marks.count(), read.count()) <= MOST_IN_REQUEST
