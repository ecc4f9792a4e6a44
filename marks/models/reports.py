"""What the marks of a study say, kept with what it was computed from."""

from django.db import models

from annotations.models import Study
from jobs.models import MAX_ATTEMPTS, LeasedJobQuerySet, LeasedReport, report_constraints


class MarkReportJob(LeasedReport):
    """The newest figures on a study's marks, and the work on newer ones."""

    TASK = "marks.tasks.report_on_marks"
    WORKER_ENDED = f"The worker ended while it computed these figures, {MAX_ATTEMPTS} times. Look at its log."

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="mark_report")
    report = models.JSONField(null=True, blank=True, help_text="As mark_figures gives it; empty before the first.")
    state = models.CharField(max_length=64, blank=True, help_text="Of the marks and votes that it is about.")

    objects = LeasedJobQuerySet["MarkReportJob"].as_manager()

    class Meta:
        verbose_name = "report on marks"
        verbose_name_plural = "reports on marks"
        constraints = [*report_constraints("mark_report")]

    def __str__(self) -> str:
        return f"Report on the marks of study {self.study_id}"
