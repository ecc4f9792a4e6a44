"""Reports that a leased row keeps: served at once, made in the request where that is quick, else by a worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.utils import timezone

from jobs.models import LeasedReport
from jobs.working import work_on

# What a report's state does not see, such as another language of a document: look again after a day.
OLDEST = timedelta(days=1)
Job = TypeVar("Job", bound=LeasedReport)


@dataclass(frozen=True)
class Kept(Generic[Job]):
    """What a page can show.

    Attributes:
        report: The newest one; None where there is none yet.
        job: The row that it is kept in.
        current: Whether it is about what is stored now.
    """

    report: Any
    job: Job
    current: bool

    @property
    def failed(self) -> bool:
        """Whether the last attempt at a newer one failed; the job says why."""
        return not self.current and self.job.status == self.job.Status.FAILED


@dataclass(frozen=True)
class KeptReport(Generic[Job]):
    """How one kind of report is made.

    Attributes:
        rows: The rows that keep them, with all that the work reads.
        state: Returns a short text of what a row's report depends on, and is cheap.
        make: Computes it, as JSON.
        is_small: Whether it is quick enough for a request.
    """

    rows: Any
    state: Callable[[Job, datetime], str]
    make: Callable[[Job], Any]
    is_small: Callable[[Job], bool]

    def serve(self, *, renewed: bool = True, **about: object) -> Kept[Job]:
        """Return the newest report, and ask for a newer one where it is stale.

        Args:
            renewed: Whether a newer one is wanted; else the last one counts as current, whatever came since.
            about: The columns that name the report's row, which is added where there is none.
        """
        now = timezone.now()
        job, _ = self.rows.model._default_manager.get_or_create(**about, defaults={"asked_at": now})
        if not renewed or self._is_current(job, now):
            return Kept(job.report, job, current=True)
        own = self.rows.filter(pk=job.pk)
        if self.is_small(job):
            return Kept(self._store(job, own), job, current=True)
        if own.ask_again(now) or job.announced_at is None:
            job.announce()
            job.refresh_from_db()
        return Kept(job.report, job, current=False)

    def work(self, pk: int, *, owner: str) -> str:
        """Make one report; return a line for the log. Calling it twice is harmless."""
        return work_on(self.rows, pk, self._finish, owner=owner)

    def _is_current(self, job: Job, now: datetime) -> bool:
        if job.computed_at is None or job.computed_at <= now - OLDEST:
            return False
        return job.state == self.state(job, now)

    def _finish(self, job: Job, held: Any) -> str:
        self._store(job, held)
        held.finish()
        return str(job)

    def _store(self, job: Job, held: Any) -> Any:
        """Make the report and keep it; what changes meanwhile makes it stale."""
        now = timezone.now()
        state = self.state(job, now)
        report = self.make(job)
        held.update(report=report, state=state, computed_at=now)
        return report
