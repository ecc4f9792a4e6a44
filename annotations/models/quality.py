"""What the quality page of a study of many votes shows: computed by a worker, asked for by the page."""

from django.db import models
from django.db.models import Q

from annotations.models.studies import Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints


class QualitySnapshotQuerySet(LeasedJobQuerySet["QualitySnapshot"]):  # type: ignore[override]  # of as_manager
    def finish(self, **results: object) -> int:
        return super().finish(attempts=0, **results)


class QualitySnapshot(LeasedJob):
    """One row a study; values: None until it is computed for the first time (annotations.quality.serialization)."""

    TASK = "annotations.tasks.compute_quality"
    FAULTS_MAY_PASS = True
    WORKER_ENDED = (
        f"The worker ended while it computed this, {MAX_ATTEMPTS} times. The usual cause is too little memory. Opening "
        "the page tries again."
    )

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="quality_snapshot")
    values = models.JSONField(null=True, blank=True)
    staleness_key = models.CharField(max_length=64, blank=True, help_text="The study's change marker then.")
    as_of = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When a page last asked to make it anew.")

    objects = QualitySnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["study"]
        constraints = [
            *lease_constraints("quality_snapshot"),
            models.CheckConstraint(
                condition=Q(values__isnull=True, as_of=None, staleness_key="")
                | Q(values__isnull=False, as_of__isnull=False) & ~Q(staleness_key=""),
                name="quality_snapshot_whole_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"Quality of study {self.study_id}"
