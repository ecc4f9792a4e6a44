"""Snapshots: what a board or another page of results showed, with everything needed to compute it again."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from annotations.models import Criterion, Study

MAX_ATTEMPTS = 3


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


class SnapshotJobQuerySet(models.QuerySet["SnapshotJob"]):
    def waiting(self) -> "SnapshotJobQuerySet":
        """Wanted, and nobody is at it."""
        return self.filter(wanted=True, owner="")

    def claim(self, job_id: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take a waiting job for owner; False if somebody else has it or nobody wants it any more."""
        return bool(
            self.waiting()
            .filter(pk=job_id)
            .update(owner=owner, lease_until=now + lease, attempts=F("attempts") + 1, stage=SnapshotJob.Stage.READING)
        )


class SnapshotJob(SnapshotKey):
    """One snapshot that is wanted, or was; the row stays, and says when it was last asked for."""

    class Stage(models.TextChoices):
        WAITING = "waiting", "waiting for a worker"
        READING = "reading", "reading the votes"
        COMPUTING = "computing", "computing ratings and intervals"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="snapshot_jobs")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="snapshot_jobs")
    wanted = models.BooleanField(default=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.WAITING)
    reason = models.TextField(blank=True, help_text="Why the last try failed.")
    attempts = models.PositiveIntegerField(default=0, help_text="Since it last went well.")
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(help_text="When a page last asked for it, and workers were told.")
    announced_at = models.DateTimeField(help_text="When workers were last told of it.")

    objects = SnapshotJobQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "criterion", "kind", "filters", "seed"], name="snapshot_job_once"),
            models.CheckConstraint(
                condition=Q(owner="", lease_until=None) | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="snapshot_job_held_iff_leased",
            ),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk} for {self.kind} of study {self.study_id}"
