"""What pages say of a large study, kept by a worker with what it was computed from: figures, and the quality page."""

from django.db import models
from django.db.models import F, Q

from annotations.models.comparisons import Comparison
from annotations.models.studies import Criterion, Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, LeasedReport, lease_constraints, report_constraints
from models_runner.models import Document

WORKER_ENDED = (
    f"The worker ended while it computed this, {MAX_ATTEMPTS} times. The usual cause is too little memory. Opening "
    "the page tries again."
)


class StudyReportQuerySet(LeasedJobQuerySet["StudyReport"]):  # type: ignore[override]  # of as_manager
    def of_document(self, document: Document) -> "StudyReportQuerySet":
        """Select the figures of studies that compare summaries of the document."""
        compared = Comparison.objects.filter(document=document).order_by()
        return self.filter(criterion=None, study__in=compared.values("study"))

    def note_additions(self) -> None:
        """Make these stale: the study got pairs or evidence. Small studies have no such row."""
        self.update(additions=F("additions") + 1)


class StudyReport(LeasedReport):
    """The newest figures, and the work on newer ones: of a study's people, or of the disagreements on a question."""

    TASK = "annotations.tasks.report_on_study"
    FAULTS_MAY_PASS = True
    WORKER_ENDED = WORKER_ENDED

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reports")
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="reports",
        help_text="The question on whose answers people disagree; empty: the figures of the study.",
    )
    state = models.CharField(max_length=64, blank=True, help_text="Of the answers and people that it is about.")
    additions = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often pairs or evidence were added, of which no history tells."
    )

    objects = StudyReportQuerySet.as_manager()

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study"], condition=Q(criterion=None), name="study_report_once"),
            models.UniqueConstraint(fields=["criterion"], name="study_report_once_per_question"),
            *report_constraints("study_report"),
        ]

    def __str__(self) -> str:
        about = "figures" if self.criterion_id is None else f"disagreements on question {self.criterion_id}"
        return f"Report of study {self.study_id}: {about}"


class QualitySnapshotQuerySet(LeasedJobQuerySet["QualitySnapshot"]):  # type: ignore[override]  # of as_manager
    def finish(self, **results: object) -> int:
        return super().finish(attempts=0, **results)


class QualitySnapshot(LeasedJob):
    """One row a study; values: None until it is computed for the first time (annotations.quality.serialization)."""

    TASK = "annotations.tasks.compute_quality"
    FAULTS_MAY_PASS = True
    WORKER_ENDED = WORKER_ENDED

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
