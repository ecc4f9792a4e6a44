"""Snapshots: what a board or another page of results showed, with everything needed to compute it again."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from annotations.models import Criterion, Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints


class SnapshotKey(models.Model):
    """What a snapshot is of.

    Attributes:
        kind: A name in leaderboards.snapshots.registry, such as "board".
        filters: Filters.key of the votes that count.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="%(class)ss")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="%(class)ss")
    kind = models.CharField(max_length=30, default="board")
    filters = models.CharField(max_length=1000, blank=True)
    seed = models.PositiveIntegerField()

    class Meta:
        abstract = True


class BoardSnapshot(SnapshotKey):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="board_snapshots")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="board_snapshots")
    # SHA-256 over the votes and scores used.
    fingerprint = models.CharField(max_length=64)
    code_version = models.CharField(max_length=50)
    settings = models.JSONField()
    board = models.JSONField()
    votes = models.PositiveIntegerField(default=0, help_text="That the filters let in.")
    # How things stood (leaderboards.snapshots.staleness) when this was last found to be what the votes and scores say.
    state = models.CharField(max_length=64, blank=True)
    revision = models.BigIntegerField(default=0, help_text="The newest answer then.")
    as_of = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "criterion", "kind", "filters", "fingerprint", "code_version", "seed"],
                name="board_snapshot_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["criterion", "kind", "filters", "seed", "code_version", "as_of"], name="board_snapshot_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SnapshotJobQuerySet(LeasedJobQuerySet["SnapshotJob"]):  # type: ignore[override]  # of as_manager
    def take(self, *, owner: str, until: datetime, **changes: object) -> int:
        return super().take(owner=owner, until=until, step=SnapshotJob.Step.READING, **changes)

    def finish(self, **results: object) -> int:
        return super().finish(attempts=0, **results)


class SnapshotJob(SnapshotKey, LeasedJob):
    """One snapshot that is wanted, or was; the row stays, and says when it was last asked for."""

    TASK = "leaderboards.tasks.make_snapshot"
    FAULTS_MAY_PASS = True
    WORKER_ENDED = (
        f"The worker ended while it computed this, {MAX_ATTEMPTS} times. The usual cause is too little memory. Opening "
        "the page tries again."
    )

    class Step(models.TextChoices):
        READING = "reading", "reading the votes"
        COMPUTING = "computing", "computing ratings and intervals"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="snapshot_jobs")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="snapshot_jobs")
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.READING)
    asked_at = models.DateTimeField(help_text="When a page last asked for it, and it was not on its way.")

    objects = SnapshotJobQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "criterion", "kind", "filters", "seed"], name="snapshot_job_once"),
            *lease_constraints("snapshot_job"),
            models.CheckConstraint(
                condition=Q(owner="", lease_until=None) | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="snapshot_job_held_iff_leased",
            ),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk} for {self.kind} of study {self.study_id}"

    @property
    def progress(self) -> str:
        """What is being done for it now, in words."""
        return self.get_step_display() if self.status == self.Status.RUNNING else "waiting for a worker"
