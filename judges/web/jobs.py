"""What pages of judging have in common: the table of jobs, and stopping one or going on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from judges.judging.lifecycle import JudgingError, UnknownCriteriaError, cancel_judging, resume_judging
from judges.judging.progress import JudgingProgress, progress_of
from judges.models import JudgingJob
from lib.choices import refuse_choice
from models_runner.systems.readiness import NotReadyError

REFUSALS = (NotReadyError, UnknownCriteriaError, JudgingError)
CHANGES = ("cancel", "resume")


@dataclass(frozen=True)
class JobRow:
    """A job in the table, with the addresses of its page and of the button that changes it."""

    job: JudgingJob
    progress: JudgingProgress
    page: str
    change: str

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.job.status in (JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING)


def job_rows(
    jobs: Iterable[JudgingJob], page: Callable[[JudgingJob], str], change: Callable[[JudgingJob], str]
) -> list[JobRow]:
    """Return the rows of the table, in the order of the jobs."""
    return [JobRow(job, progress_of(job), page(job), change(job)) for job in jobs]


def change_job(request: HttpRequest, job: JudgingJob) -> HttpResponse | None:
    """Stop asking, or go on, as the form says; return the refusal of anything else."""
    change = request.POST.get("change", "")
    if change not in CHANGES:
        return refuse_choice("change", change, CHANGES)
    if change == "cancel":
        cancel_judging(job)
    else:
        resume_judging(job)
    return None
