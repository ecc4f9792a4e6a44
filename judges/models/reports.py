"""Reports on judges: what a judge's verdicts on a question say, kept with what it was computed from."""

from django.db import models
from django.db.models import Q

from annotations.models import Criterion
from jobs.models import MAX_ATTEMPTS, LeasedJobQuerySet, LeasedReport, report_constraints
from judges.models.judges import Judge


class ReportJob(LeasedReport):
    """The newest report of a judge, or of all as a jury, on one question of a study, and the work on a newer one."""

    TASK = "judges.tasks.report_on_judge"
    WORKER_ENDED = f"The worker ended while it computed this report, {MAX_ATTEMPTS} times. Look at its log."

    # None: how much each judge of the question counts beside the others.
    judge = models.ForeignKey(
        Judge, on_delete=models.CASCADE, null=True, blank=True, related_name="reports", db_index=False
    )
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="judge_reports")
    report = models.JSONField(
        null=True, blank=True, help_text="Of a judge as judge_report prints it; empty before the first."
    )
    state = models.CharField(max_length=64, blank=True, help_text="Of the votes and verdicts that it is about.")

    objects = LeasedJobQuerySet["ReportJob"].as_manager()

    class Meta:
        verbose_name = "report on a judge"
        verbose_name_plural = "reports on judges"
        constraints = [
            *report_constraints("judge_report"),
            models.UniqueConstraint(fields=["judge", "criterion"], name="judge_report_once_per_criterion"),
            models.UniqueConstraint(
                fields=["criterion"], condition=Q(judge=None), name="judge_report_one_jury_per_criterion"
            ),
        ]

    def __str__(self) -> str:
        whom = "the jury" if self.judge_id is None else f"judge {self.judge_id}"
        return f"Report on {whom}, criterion {self.criterion_id}"
