"""Read the state of the whole installation: checks, workers, work, runs, boards and disk, and what is wrong with it."""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from annotations.models import Assignment, JudgementRevision, Study
from evalsite.operations.work import WorkState, work_states
from evalsite.web.health import CHECKS
from jobs.models import Worker
from jobs.ownership import is_gone
from models_runner.models import Run
from models_runner.runs.overview import RunProgress, progress_of

QUEUES = ("generation", "metrics", "default")
RUNS_SHOWN = 50


@dataclass(frozen=True)
class RunState:
    run: Run
    progress: RunProgress


@dataclass(frozen=True)
class SiteState:
    """The state of the installation at one moment.

    Attributes:
        at: The moment.
        checks: Of each part of the site: what is wrong with it, or "".
        workers: Those that live, by the last report.
        work: Of each kind of background work.
        runs: Open runs, oldest first; at most RUNS_SHOWN.
        answers: The number of the newest answer of an annotator; changed answers have numbers of their own.
        being_rated: Assignments that annotators have open; lapsed: of these, how many have passed their time.
        boards: Of each open study with a board: when its newest board was last found to be up to date.
        disk_free, disk_total: Bytes of the disk of the data folder; 0 if it cannot be read.
    """

    at: datetime
    checks: dict[str, str]
    workers: list[Worker]
    work: list[WorkState]
    runs: list[RunState]
    answers: int
    being_rated: int
    lapsed: int
    boards: dict[str, datetime]
    disk_free: int
    disk_total: int

    @property
    def workers_of_queues(self) -> dict[str, int]:
        counted = Counter(queue for worker in self.workers for queue in worker.queues)
        return {queue: counted[queue] for queue in sorted({*QUEUES, *counted})}


def site_state() -> SiteState:
    """Read the state now, in some forty SQL queries; few of them look at more than what is open."""
    now = timezone.now()
    open_runs = list(Run.objects.open().select_related("system", "dataset").order_by("queued_at", "pk")[:RUNS_SHOWN])
    progress = progress_of(open_runs)
    rated = Assignment.objects.filter(state=Assignment.State.LEASED)
    free, total = _disk()
    return SiteState(
        at=now,
        checks={name: check() for name, check in CHECKS.items()},
        workers=[worker for worker in Worker.objects.seen_lately() if not is_gone(worker.owner)],
        work=work_states(now),
        runs=[RunState(run, progress[run.pk]) for run in open_runs],
        answers=JudgementRevision.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        being_rated=rated.filter(lease_until__gte=now).count(),
        lapsed=rated.filter(lease_until__lt=now).count(),
        boards=_boards(),
        disk_free=free,
        disk_total=total,
    )


def _boards() -> dict[str, datetime]:
    studies = Study.objects.filter(status=Study.Status.OPEN).annotate(as_of=Max("board_snapshots__as_of"))
    return dict(studies.exclude(as_of=None).order_by("slug").values_list("slug", "as_of"))


def _disk() -> tuple[int, int]:
    try:
        usage = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return 0, 0
    return usage.free, usage.total
