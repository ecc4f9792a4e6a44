"""What the marks of a study say, kept with what it was computed from."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models import Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints


class MarkReportJobQuerySet(LeasedJobQuerySet["MarkReportJob"]):  # type: ignore[override]  # of as_manager
    pass


class MarkReportJob(LeasedJob):
    """The newest figures on a study's marks, and the work on newer ones."""

    TASK = "marks.tasks.report_on_marks"
    WORKER_ENDED = f"The worker ended while it computed these figures, {MAX_ATTEMPTS} times. Look at its log."

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="mark_report")
    report = models.JSONField(null=True, blank=True, help_text="As mark_figures gives it; empty before the first.")
    state = models.CharField(max_length=64, blank=True, help_text="Of the marks and votes that it is about.")
    asked_at = models.DateTimeField(default=timezone.now)
    computed_at = models.DateTimeField(null=True, blank=True)

    objects = MarkReportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "report on marks"
        verbose_name_plural = "reports on marks"
        constraints = [
            *lease_constraints("mark_report"),
            models.CheckConstraint(
                condition=Q(report=None, state="", computed_at=None)
                | Q(report__isnull=False, computed_at__isnull=False) & ~Q(state=""),
                name="mark_report_says_of_what",
            ),
        ]

    def __str__(self) -> str:
        return f"Report on the marks of study {self.study_id}"
