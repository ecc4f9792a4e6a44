"""Serve the newest report of a judge, or of a jury, at once, and have a newer one where votes or verdicts changed.

A small study's report is made in the request, a large one's by a worker, while the page shows the last one and says so.
"""

from datetime import datetime

from django.db.models import Count, Max

from annotations.models import Criterion, Judgement, Study
from annotations.studies.change_marker import end_of_history, held_in_part, marker_of, newest_answer, newest_remark
from jobs.kept import Kept, KeptReport
from judges.models import Judge, ReportJob, Verdict
from judges.models.verdicts import VerdictQuerySet
from judges.report.figures import Figures, judge_report
from judges.report.jury import LEAST_JUDGES, jury_report
from judges.report.outcomes import judges_of
from lib.sql import has_at_most

# Of the figures; raise it where they are computed in another way, so that stored reports are made anew.
RULES = 2
# More verdicts than these are never read in a request.
MOST_IN_REQUEST = 2_000
Served = Kept[ReportJob]


def get_report(judge: Judge | None, criterion: Criterion, *, renewed: bool = True) -> Served:
    """Return the newest report, and ask for a newer one where it is stale.

    Args:
        judge: Whose; that of all judges as a jury if None.
        criterion: The question.
        renewed: Whether a newer one is wanted; else the last one counts as current, whatever came since.
    """
    return _REPORTS.serve(renewed=renewed, judge=judge, criterion=criterion)


def get_juries(study: Study, *, renewed: bool = True) -> list[tuple[Criterion, Served]]:
    """Return the report of the jury on each question that two judges answered; renewed: as of get_report."""
    heard = (criterion for criterion in study.criteria.all() if len(judges_of(criterion)) >= LEAST_JUDGES)
    return [(criterion, get_report(None, criterion, renewed=renewed)) for criterion in heard]


def work_on_report(job_id: int, *, owner: str) -> str:
    """Make one report; return a line for the log. Calling it twice is harmless."""
    return _REPORTS.work(job_id, owner=owner)


def _make(job: ReportJob) -> Figures:
    return judge_report(job.judge, job.criterion) if job.judge else jury_report(job.criterion)


def _verdicts(judge: Judge | None, criterion: Criterion) -> VerdictQuerySet:
    rows = Verdict.objects.filter(criterion=criterion).order_by()
    return rows if judge is None else rows.filter(judge=judge)


def _state(job: ReportJob, now: datetime) -> str:
    """Return a short text of what a report depends on, which is cheap however many votes and verdicts there are."""
    judge, criterion = job.judge, job.criterion
    newest, study = newest_answer(criterion, now), criterion.study
    verdicts = _verdicts(judge, criterion).done()
    parts = [
        RULES,
        [newest.revision, newest.settled],
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
        verdicts.aggregate(n=Count("pk"), last=Max("pk"), at=Max("answered_at")),
        study.comparisons.for_rating().order_by().aggregate(n=Count("pk"), last=Max("pk")),
        list(study.systems.order_by("slug").values_list("slug", "name", "parameters")),
    ]
    return marker_of(parts)


def _is_small(job: ReportJob) -> bool:
    votes, verdicts = Judgement.objects.filter(criterion=job.criterion), _verdicts(job.judge, job.criterion)
    return votes.are_few() and has_at_most(verdicts, MOST_IN_REQUEST)


_REPORTS = KeptReport(ReportJob.objects.select_related("judge", "criterion__study"), _state, _make, _is_small)
