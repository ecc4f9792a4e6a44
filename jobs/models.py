"""Models of background work: rows that workers lease, rows that are announced, jobs, which are both, and workers."""

from datetime import datetime, timedelta
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from jobs import messages
from jobs.ownership import is_gone

MAX_ATTEMPTS = 5
UNHELD = {"owner": "", "lease_until": None}
# A sweep announces at most this many rows of a model; the next sweep continues.
MOST_ANNOUNCED = 500
SEEN_EVERY = timedelta(seconds=10)
# A time that lies further ahead than clocks of several machines differ is from before a clock was put back.
CLOCKS_DIFFER = timedelta(minutes=5)


LeasedRow = TypeVar("LeasedRow", bound="Leased")
AnnouncedRow = TypeVar("AnnouncedRow", bound="Announced")
Job = TypeVar("Job", bound="LeasedJob")


def not_since(field: str, moment: datetime) -> Q:
    """Match rows whose time was at this moment or before, or lies ahead because a clock was put back since."""
    ahead = timezone.now() + CLOCKS_DIFFER
    return Q(**{f"{field}__lte": moment}) | Q(**{f"{field}__gt": ahead})


class LeasedQuerySet(models.QuerySet[LeasedRow]):
    """All changes of a lease, each as one conditional UPDATE whose row count tells whether it happened."""

    def ready(self, now: datetime) -> Self:
        """Select rows that a worker may claim now."""
        return self.filter(status=self.model.Status.PENDING)

    def running(self) -> Self:
        """Select rows that a worker holds."""
        return self.filter(status=self.model.Status.RUNNING)

    def ended(self) -> Self:
        """Select rows that no worker is wanted for, until they are asked for again."""
        return self.exclude(status__in=[self.model.Status.PENDING, self.model.Status.RUNNING])

    def held_by(self, owner: str) -> Self:
        """Select rows that this owner works on and has not lost."""
        return self.running().filter(owner=owner)

    def claim(self, pk: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Claim a waiting row for owner; return False if another worker has it or it has ended."""
        return bool(self.ready(now).filter(pk=pk).take(owner=owner, until=now + lease))

    def take(self, *, owner: str, until: datetime, **changes: object) -> int:
        """Begin an attempt at rows that are ready."""
        taken = {"status": self.model.Status.RUNNING, "owner": owner, "lease_until": until}
        return self.update(**taken, attempts=F("attempts") + 1, **changes)

    def renew(self, lease: timedelta, **progress: object) -> int:
        """Renew the lease of held rows, and store the work's progress."""
        return self.update(lease_until=timezone.now() + lease, **progress)

    def finish(self, **results: object) -> int:
        """Finish held rows successfully; return 0, and store nothing, if another worker has them now."""
        return self.update(status=self.model.Status.DONE, failure_reason="", **UNHELD, **results)

    def put_back(self, **changes: object) -> int:
        """Let rows wait for the next worker."""
        return self.update(status=self.model.Status.PENDING, **UNHELD, **changes)

    def put_back_uncounted(self, **changes: object) -> int:
        """Let held rows wait for the next worker, and do not count an attempt that ended by no fault of theirs."""
        return self.put_back(attempts=Greatest(F("attempts") - 1, 0), **changes)

    def reopen(self, **changes: object) -> int:
        """Let ended rows wait again, with no attempts counted."""
        return self.put_back(failure_reason="", attempts=0, **changes)

    def fail(self, reason: str, **changes: object) -> int:
        """End rows with a reason."""
        return self.update(status=self.model.Status.FAILED, failure_reason=reason, **UNHELD, **changes)

    def fault(self, reason: str) -> int:
        """Put held rows back after an error if another attempt may succeed, or else fail them."""
        again = self.filter(attempts__lt=self.model.MAX_ATTEMPTS) if self.model.FAULTS_MAY_PASS else self.none()
        return again.put_back(failure_reason=reason) or self.fail(reason)

    def stale(self, now: datetime) -> Self:
        """Select held rows whose lease has expired or whose owner has ended here; runs an SQL query at once."""
        owners = self.running().order_by().values_list("owner", flat=True).distinct()
        gone = [owner for owner in owners if is_gone(owner)]
        return self.running().filter(Q(lease_until__lt=now) | Q(owner__in=gone))

    def free_stale(self, now: datetime) -> int:
        """Free rows whose worker has ended: they wait again, or are failed after MAX_ATTEMPTS.

        A job that ends its worker every time, for example because memory is short, must not do so forever.
        """
        stale = self.stale(now)
        given_up = stale.filter(attempts__gte=self.model.MAX_ATTEMPTS).fail(self.model.WORKER_ENDED)
        return given_up + stale.put_back()


class Leased(models.Model):
    """A row that one worker at a time holds.

    Attributes:
        MAX_ATTEMPTS: Claims after which a row whose worker ended is failed.
        WORKER_ENDED: The failure reason that it then gets.
        FAULTS_MAY_PASS: Whether an attempt that ended in an error is followed by another.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    MAX_ATTEMPTS: ClassVar[int] = MAX_ATTEMPTS
    WORKER_ENDED: ClassVar[str] = (
        f"The worker ended while it worked on this, {MAX_ATTEMPTS} times. The usual cause is too little memory."
    )
    FAULTS_MAY_PASS: ClassVar[bool] = False

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    failure_reason = models.TextField(blank=True, help_text="Why it failed, or why the last attempt did.")
    owner = models.CharField(max_length=200, blank=True, help_text="The worker that holds it.")
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class AnnouncedQuerySet(models.QuerySet[AnnouncedRow]):
    def announced_before(self, moment: datetime) -> Self:
        """Select rows that were never announced, or not since this moment."""
        return self.filter(Q(announced_at=None) | not_since("announced_at", moment))

    def announce(self) -> int:
        """Announce the first MOST_ANNOUNCED of these rows after the commit; return how many."""
        keys = list(self.values_list("pk", flat=True)[:MOST_ANNOUNCED])
        self.model._default_manager.filter(pk__in=keys).update(announced_at=timezone.now())
        for key in keys:
            messages.announce(self.model.TASK, key)
        return len(keys)


class Announced(models.Model):
    """A row that is announced to workers.

    Attributes:
        TASK: The dotted name of the task that works on a row, given its key.
    """

    TASK: ClassVar[str]

    announced_at = models.DateTimeField(null=True, blank=True, help_text="When workers were last told of it.")

    class Meta:
        abstract = True

    def announce(self) -> None:
        """Announce to the workers, once the row is committed, that it waits."""
        type(self)._default_manager.filter(pk=self.pk).update(announced_at=timezone.now())
        messages.announce(self.TASK, self.pk)


class LeasedJobQuerySet(LeasedQuerySet[Job], AnnouncedQuerySet[Job]):  # type: ignore[override]  # of as_manager
    def ask_again(self, now: datetime) -> int:
        """Let ended jobs wait again whose `asked_at` is longer ago than BOARD_DEBOUNCE_SECONDS; return how many."""
        rest = now - timedelta(seconds=settings.BOARD_DEBOUNCE_SECONDS)
        return self.ended().filter(not_since("asked_at", rest)).put_back(asked_at=now, attempts=0)


class LeasedJob(Leased, Announced):
    """A job that is one row and one message, as most are. Its manager must be made of a LeasedJobQuerySet."""

    class Meta:
        abstract = True


class LeasedReport(LeasedJob):
    """A job that keeps what it computed, with what that is about (jobs/kept.py). A subclass says what `state` is of.

    Attributes:
        report: The newest one; None before the first.
        state: A short text of what the report depends on; another one says that it is stale.
        asked_at: When a newer one was last asked for.
        computed_at: When the report was made.
    """

    report = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    computed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def report_constraints(name: str) -> list[models.CheckConstraint]:
    """Return the constraints of a row that keeps a report; name: the prefix of their names."""
    none = Q(report=None, state="", computed_at=None)
    whole = Q(report__isnull=False, computed_at__isnull=False) & ~Q(state="")
    return [
        *lease_constraints(name),
        models.CheckConstraint(condition=none | whole, name=f"{name}_says_of_what"),
    ]


def lease_constraints(name: str, *, running: str = "running") -> list[models.CheckConstraint]:
    """Return the constraints of a leased row.

    Args:
        name: The prefix of the constraints' names.
        running: The value of the status of a row that is held.
    """
    held = ~Q(owner="") & Q(lease_until__isnull=False)
    free = Q(lease_until=None)
    return [
        models.CheckConstraint(
            condition=Q(status=running) & held | ~Q(status=running) & free, name=f"{name}_held_iff_running"
        ),
        failure_has_reason(name),
    ]


def failure_has_reason(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~Q(status="failed") | ~Q(failure_reason=""), name=f"{name}_failure_has_reason"
    )


class WorkerQuerySet(models.QuerySet["Worker"]):
    def seen_lately(self) -> "WorkerQuerySet":
        """Select workers that reported within the last minute."""
        return self.filter(seen_at__gte=timezone.now() - 6 * SEEN_EVERY)


class Worker(models.Model):
    """A worker process that was alive when it last reported."""

    owner = models.CharField(max_length=200, unique=True, help_text="Machine, process id and start time.")
    queues = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        # The table's name is from the time when workers belonged to models_runner.
        db_table = "models_runner_worker"
        ordering = ["owner"]

    def __str__(self) -> str:
        return self.owner

    @property
    def place(self) -> str:
        """Machine and process id, which is what an operator looks for."""
        machine, _, rest = self.owner.partition(":")
        return f"{machine.partition('/')[0]}:{rest.partition(':')[0]}"
