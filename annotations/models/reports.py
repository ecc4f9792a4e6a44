"""What pages say of a large study, kept with what it was computed from."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from annotations.models.comparisons import Comparison
from annotations.models.studies import Criterion, Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from models_runner.models import Document


class StudyReportQuerySet(LeasedJobQuerySet["StudyReport"]):  # type: ignore[override]  # of as_manager
    def of_document(self, document: Document) -> "StudyReportQuerySet":
        """Select the figures of studies that compare summaries of the document."""
        compared = Comparison.objects.filter(document=document).order_by()
        return self.filter(criterion=None, study__in=compared.values("study"))

    def note_additions(self) -> None:
        """Make these stale: the study got pairs or evidence. Small studies have no such row."""
        self.update(additions=F("additions") + 1)


class StudyReport(LeasedJob):
    """The newest figures, and the work on newer ones: of a study's people, or of the disagreements on a question."""

    TASK = "annotations.tasks.report_on_study"
    FAULTS_MAY_PASS = True
    WORKER_ENDED = (
        f"The worker ended while it computed this, {MAX_ATTEMPTS} times. The usual cause is too little memory. Opening "
        "the page tries again."
    )

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
    report = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=64, blank=True, help_text="Of the answers and people that it is about.")
    additions = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often pairs or evidence were added, of which no history tells."
    )
    asked_at = models.DateTimeField(default=timezone.now)
    computed_at = models.DateTimeField(null=True, blank=True)

    objects = StudyReportQuerySet.as_manager()

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study"], condition=Q(criterion=None), name="study_report_once"),
            models.UniqueConstraint(fields=["criterion"], name="study_report_once_per_question"),
            *lease_constraints("study_report"),
            models.CheckConstraint(
                condition=Q(report=None, state="", computed_at=None)
                | Q(report__isnull=False, computed_at__isnull=False) & ~Q(state=""),
                name="study_report_says_of_what",
            ),
        ]

    def __str__(self) -> str:
        about = "figures" if self.criterion_id is None else f"disagreements on question {self.criterion_id}"
        return f"Report of study {self.study_id}: {about}"
