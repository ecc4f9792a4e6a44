"""Evidence: for each sentence of a summary, the turns of the transcript that may support it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.models import MAX_ATTEMPTS, Leased, LeasedQuerySet, lease_constraints
from models_runner.models import Document, Summary

# How every signature begins. Raise the number whenever the same texts may get other turns than before: evidence of
# another method is not shown, and is found anew. Other versions of libraries alone are no other method, or workers of
# two releases would overwrite each other's rows without end.
METHOD = "evidence 1"


def is_current(signature: str) -> bool:
    """Found by the method of this release."""
    return signature.startswith(f"{METHOD}|")


class SummaryEvidenceQuerySet(models.QuerySet["SummaryEvidence"]):
    def current(self) -> "SummaryEvidenceQuerySet":
        """Those found by the method of this release."""
        return self.filter(signature__startswith=f"{METHOD}|")


class SummaryEvidence(models.Model):
    summary = models.OneToOneField(Summary, on_delete=models.CASCADE, related_name="evidence")
    # [{"start": 0, "end": 31, "turns": [{"number": 12, "score": 0.71}, ...]}, ...] in the order of the text; turns are
    # counted from 1, best first; no turns: none was found.
    spans = models.JSONField()
    signature = models.CharField(max_length=500, help_text="The method with its versions and weights.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SummaryEvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["summary"]
        verbose_name_plural = "summary evidence"
        constraints = [models.CheckConstraint(condition=~Q(signature=""), name="evidence_has_signature")]

    def __str__(self) -> str:
        return f"Evidence of summary {self.summary_id}"


class EvidenceJobQuerySet(LeasedQuerySet["EvidenceJob"]):
    def ready(self, now: datetime) -> "EvidenceJobQuerySet":
        """Those that wait, and those that ended well: their documents may have summaries that came since."""
        return self.filter(status__in=[EvidenceJob.Status.PENDING, EvidenceJob.Status.DONE])

    def claim_document(self, document_id: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take a document for owner; False if somebody else has it, or it was given up."""
        EvidenceJob._default_manager.bulk_create([EvidenceJob(document_id=document_id)], ignore_conflicts=True)
        return bool(self.ready(now).filter(document=document_id).take(owner=owner, until=now + lease))

    def finish(self, **results: object) -> int:
        return super().finish(attempts=0, **results)

    def unavailable(self) -> "EvidenceJobQuerySet":
        """Those under work, and those given up."""
        return self.filter(status__in=[EvidenceJob.Status.RUNNING, EvidenceJob.Status.FAILED])


class EvidenceJob(Leased):
    """Who is finding evidence for a document's summaries, and why the last try failed.

    That there is work is not written here: a summary in a comparison without evidence is the work.
    """

    FAULTS_MAY_PASS = True
    WORKER_ENDED = (
        f"The worker ended while it looked for evidence in this document, {MAX_ATTEMPTS} times. The usual cause is too "
        "little memory. Its summaries are rated without evidence."
    )

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="evidence_job")

    objects = EvidenceJobQuerySet.as_manager()

    class Meta:
        ordering = ["document"]
        constraints = [
            *lease_constraints("evidence_job"),
            models.CheckConstraint(
                condition=Q(owner="", lease_until__isnull=True) | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="evidence_job_lease_iff_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"Evidence job of document {self.document_id}"
