"""Say what waiting runs wait for: a worker, the runs before them, or the end of a pause after a fault.

Workers take runs in the order in which these began to wait, each to its end. With a run they write the waiting runs of
the same system over the same documents under other instructions, so these count as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from jobs.workers.presence import workers_for
from models_runner.models import FineTuning, Run, Summary

QUEUE = "generation"
NAMED = 3


@dataclass(frozen=True)
class RunBefore:
    """A run that workers write now, or take up first.

    Attributes:
        run: With its system and dataset.
        left: Summaries that are being written or wait in it.
        is_written: Whether a worker holds some of them now.
    """

    run: Run
    left: int
    is_written: bool


@dataclass(frozen=True)
class Waiting:
    """Why no summary of a run is being written; all empty where it is about to begin.

    Attributes:
        worker_missing: Whether no live worker takes messages of runs.
        before: The runs before it, those being written first.
        written_with: The run that a worker writes together with it.
        trains: A fine-tuning that a worker of the same queue is busy with.
        pause_until: When summaries that a passing fault stopped may be tried again.
        fault: What that fault was.
    """

    worker_missing: bool = False
    before: tuple[RunBefore, ...] = ()
    written_with: Run | None = None
    trains: FineTuning | None = None
    pause_until: datetime | None = None
    fault: str = ""

    @property
    def summaries_before(self) -> int:
        return sum(open_run.left for open_run in self.before)

    @property
    def named(self) -> tuple[RunBefore, ...]:
        return self.before[:NAMED]

    @property
    def more(self) -> int:
        return max(0, len(self.before) - NAMED)


@dataclass(frozen=True)
class _Open:
    """An open run and how many of its summaries are held, ready, or stopped for a while."""

    run: Run
    held: int
    ready: int
    pause_until: datetime | None

    @property
    def group(self) -> tuple[int, int, str]:
        return (self.run.system_id, self.run.dataset_id, self.run.split)


@dataclass
class _Queue:
    """All open runs, and since when each group of runs that are written together waits."""

    runs: dict[int, _Open] = field(default_factory=dict)
    since: dict[tuple[int, int, str], datetime] = field(default_factory=dict)


def waiting_of(runs: Iterable[Run]) -> Mapping[int, Waiting]:
    """Return by key what those of these runs wait for of which nothing is being written, in at most four SQL queries.

    A run whose summaries wait for a provider's batch is not among them: the batch says how it stands.
    """
    asked = {run.pk for run in runs if run.status in (Run.Status.PENDING, Run.Status.RUNNING)}
    if not asked:
        return {}
    queue = _read_queue()
    waiting = [
        open_run
        for pk in asked
        if (open_run := queue.runs.get(pk)) and not open_run.held and (open_run.ready or open_run.pause_until)
    ]
    if not waiting:
        return {}
    worker_missing = not workers_for(QUEUE)
    trains = FineTuning.objects.running().first()
    return {open_run.run.pk: _waiting(open_run, queue, worker_missing, trains) for open_run in waiting}


def _read_queue() -> _Queue:
    now = timezone.now()
    ready = Q(pk__in=Summary.objects.ready(now).values("pk"))
    counts = {
        row["run_id"]: row
        for row in Summary.objects.unfinished()
        .filter(run__in=Run.objects.open())
        .order_by()
        .values("run_id")
        .annotate(
            held=Count("pk", filter=Q(status=Summary.Status.RUNNING)),
            free=Count("pk", filter=ready),
            pause=Min("not_before", filter=Q(not_before__gt=now)),
        )
    }
    queue = _Queue()
    for run in Run.objects.filter(pk__in=counts).select_related("system", "dataset").defer("environment"):
        row = counts[run.pk]
        open_run = queue.runs[run.pk] = _Open(run, row["held"], row["free"], row["pause"])
        if open_run.ready:
            queue.since[open_run.group] = min(run.queued_at, queue.since.get(open_run.group, run.queued_at))
    return queue


def _waiting(open_run: _Open, queue: _Queue, worker_missing: bool, trains: FineTuning | None) -> Waiting:
    if not open_run.ready:
        return Waiting(pause_until=open_run.pause_until, fault=_fault(open_run.run))
    if worker_missing:
        return Waiting(worker_missing=True)
    others = [other for other in queue.runs.values() if other.run.pk != open_run.run.pk]
    if beside := next((other.run for other in others if _takes_along(other, open_run)), None):
        return Waiting(written_with=beside)
    before = [other for other in others if other.held or _is_before(other, open_run, queue)]
    before.sort(key=lambda other: (not other.held, queue.since.get(other.group, other.run.queued_at), other.run.pk))
    return Waiting(
        before=tuple(RunBefore(other.run, other.held + other.ready, bool(other.held)) for other in before),
        trains=trains,
    )


def _takes_along(other: _Open, open_run: _Open) -> bool:
    """Whether the worker that writes the other run writes this one too, because it waited or had begun by then."""
    if other.group != open_run.group or not other.held:
        return False
    begun = other.run.started_at
    return open_run.run.status == Run.Status.RUNNING or bool(begun and open_run.run.queued_at < begun)


def _is_before(other: _Open, open_run: _Open, queue: _Queue) -> bool:
    """Whether a worker takes up the other run first. Of a run that has begun, only those being written are known."""
    if not other.ready or other.group == open_run.group or open_run.run.status != Run.Status.PENDING:
        return False
    if other.run.goes_first != open_run.run.goes_first:
        return other.run.goes_first
    if other.run.status != Run.Status.PENDING:
        return False
    return queue.since[other.group] < queue.since[open_run.group]


def _fault(run: Run) -> str:
    stopped = run.summaries.filter(status=Summary.Status.PENDING, not_before__gt=timezone.now())
    return stopped.order_by("not_before").values_list("failure_reason", flat=True).first() or ""
