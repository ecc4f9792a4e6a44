"""Verdicts: what a judge answered to one question, or a question that waits. Never a vote of a person."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from annotations.models import Comparison, Criterion, Study
from jobs.models import MAX_ATTEMPTS, Leased, LeasedQuerySet, lease_constraints
from judges.models.judges import Judge
from models_runner.models import Document, Query, Summary


class Answer(models.TextChoices):
    A = "a", "a is better"
    B = "b", "b is better"
    TIE = "tie", "Equally good"
    BOTH_BAD = "both_bad", "Both bad"
    SCORED = "scored", "A score"
    NONE = "none", "No verdict"


ABOUT_PAIRS = (Answer.A, Answer.B, Answer.TIE, Answer.BOTH_BAD)


# The summary that a question shows first, or alone.
SHOWN_FIRST = Case(
    When(shown_first="b", then=Coalesce("comparison__summary_b", "summary_b")),
    default=Coalesce("comparison__summary_a", "summary_a", "summary"),
)


class VerdictQuerySet(LeasedQuerySet["Verdict"]):
    def done(self) -> "VerdictQuerySet":
        """Select questions that were answered, with a verdict or without."""
        return self.filter(status=Verdict.Status.DONE)

    def unfinished(self) -> "VerdictQuerySet":
        """Select questions that wait or are being asked."""
        return self.filter(status__in=[Verdict.Status.PENDING, Verdict.Status.RUNNING])

    def ready(self, now: datetime) -> "VerdictQuerySet":
        """Select questions that a worker may ask now."""
        return super().ready(now).filter(Q(not_before=None) | Q(not_before__lte=now))

    def in_order(self) -> "VerdictQuerySet":
        """Order questions by document, then by the text shown first, so that an engine reads what they share once."""
        return self.order_by(
            "document__position",
            "document",
            "criterion__position",
            "criterion_key",
            SHOWN_FIRST,
            "comparison",
            "summary_a",
            "summary_b",
            "sample",
            "pk",
        )

    def claim_batch(self, job_id: int, *, owner: str, count: int, now: datetime, lease: timedelta) -> list[int]:
        """Claim up to count ready questions of a job, all about one document; return their ids in order.

        Questions that another worker is claiming at this moment are skipped (PostgreSQL) or waited for (SQLite).
        """
        with transaction.atomic():
            ready = self.ready(now).filter(job_id=job_id).in_order()
            rows = list(ready.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "document")[:count])
            ids = [pk for pk, document in rows if document == rows[0][1]]
            self.filter(pk__in=ids, status=Verdict.Status.PENDING).take(owner=owner, until=now + lease)
        return ids

    def take(self, *, owner: str, until: datetime, **changes: object) -> int:
        return super().take(owner=owner, until=until, not_before=None, **changes)


class Verdict(Leased):
    """A question to a judge, once a pair, criterion, order and sample, with its answer, which never changes."""

    WORKER_ENDED = (
        f"The worker ended while the judge was asked this, which was attempt {MAX_ATTEMPTS} or later. The usual "
        "cause is too little memory."
    )

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="verdicts", db_index=False)
    # Of a study; a verdict on a dataset's summaries has neither, and says by the criterion's key what it is about.
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, blank=True, related_name="verdicts")
    criterion = models.ForeignKey(
        Criterion, on_delete=models.CASCADE, null=True, blank=True, related_name="verdicts", db_index=False
    )
    criterion_key = models.CharField(max_length=50, blank=True, help_text="Of a verdict outside studies.")
    job = models.ForeignKey(
        "judges.JudgingJob",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="verdicts",
        help_text="None of a verdict that was given elsewhere.",
    )
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="verdicts", db_index=False)
    # Of a judge of pairs, whose a and b are the comparison's, whichever was shown first.
    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, null=True, blank=True, related_name="verdicts")
    shown_first = models.CharField(max_length=1, blank=True)
    # The pair of a judge asked about a dataset, where there is no comparison.
    summary_a = models.ForeignKey(Summary, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    summary_b = models.ForeignKey(Summary, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Of a judge that scores.
    summary = models.ForeignKey(Summary, on_delete=models.PROTECT, null=True, blank=True, related_name="verdicts")
    sample = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)

    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    score = models.FloatField(null=True, blank=True)
    scale_min = models.FloatField(null=True, blank=True)
    scale_max = models.FloatField(null=True, blank=True)
    p_a = models.FloatField(null=True, blank=True)
    p_b = models.FloatField(null=True, blank=True)
    p_tie = models.FloatField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="The judge's own.")
    raw = models.TextField(blank=True, help_text="The whole answer, as it came.")
    problem = models.TextField(blank=True, help_text="Why there is no verdict.")
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    dropped_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="Of the transcript, left out to fit.")
    seconds = models.FloatField(null=True, blank=True)
    cost = models.FloatField(null=True, blank=True, help_text="US dollars; empty without a price.")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            *lease_constraints("verdict"),
            models.UniqueConstraint(
                fields=["judge", "criterion", "comparison", "shown_first", "sample"],
                condition=Q(comparison__isnull=False),
                name="verdict_once_per_pair_order_sample",
            ),
            models.UniqueConstraint(
                fields=["judge", "criterion", "summary", "sample"],
                condition=Q(summary__isnull=False),
                name="verdict_once_per_summary_sample",
            ),
            models.UniqueConstraint(
                fields=["judge", "criterion_key", "summary_a", "summary_b", "shown_first", "sample"],
                condition=Q(summary_a__isnull=False),
                name="verdict_once_per_pair_outside_studies",
            ),
            models.UniqueConstraint(
                fields=["judge", "criterion_key", "summary", "sample"],
                condition=Q(criterion=None, summary__isnull=False),
                name="verdict_once_per_summary_outside_studies",
            ),
            models.CheckConstraint(
                condition=Q(study__isnull=False, criterion__isnull=False, criterion_key="")
                | Q(study=None, criterion=None, comparison=None, job__isnull=False) & ~Q(criterion_key=""),
                name="verdict_of_a_study_or_a_dataset",
            ),
            models.CheckConstraint(
                condition=Q(
                    comparison__isnull=False, summary=None, summary_a=None, summary_b=None, shown_first__in=["a", "b"]
                )
                | Q(comparison=None, summary__isnull=False, summary_a=None, summary_b=None, shown_first="")
                | Q(
                    study=None,
                    comparison=None,
                    summary=None,
                    summary_a__isnull=False,
                    summary_b__isnull=False,
                    summary_a__lt=F("summary_b"),
                    shown_first__in=["a", "b"],
                ),
                name="verdict_on_a_pair_or_a_summary",
            ),
            models.CheckConstraint(
                condition=Q(status="done") & ~Q(answer="") | ~Q(status="done") & Q(answer=""),
                name="verdict_answered_iff_done",
            ),
            models.CheckConstraint(
                condition=Q(answer="")
                | Q(answer="none") & ~Q(problem="")
                | Q(answer__in=["a", "b", "tie", "both_bad"], summary=None)
                | Q(answer="scored", summary__isnull=False),
                name="verdict_answer_fits",
            ),
            models.CheckConstraint(
                condition=Q(
                    answer="scored",
                    score__isnull=False,
                    scale_min__isnull=False,
                    scale_max__isnull=False,
                    scale_min__lte=F("score"),
                    scale_max__gte=F("score"),
                )
                | ~Q(answer="scored") & Q(score=None),
                name="verdict_score_within_scale",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0, f"{name}__lte": 1}),
                    name=f"verdict_{name}_share",
                )
                for name in ("p_a", "p_b", "p_tie")
            ),
        ]
        indexes = [
            models.Index(fields=["criterion", "judge"], name="verdict_of_criterion"),
            models.Index(fields=["job", "status"], name="verdict_of_job"),
        ]

    def __str__(self) -> str:
        return f"Verdict {self.pk}"

    @property
    def key(self) -> str:
        """The key of the criterion."""
        return self.criterion.key if self.criterion else self.criterion_key

    @property
    def pair(self) -> tuple[Summary, Summary] | None:
        """Both summaries in the pair's own order; None of a judge that scores."""
        if self.comparison is not None:
            return self.comparison.summary_a, self.comparison.summary_b
        return (self.summary_a, self.summary_b) if self.summary_a and self.summary_b else None

    @property
    def query(self) -> Query | None:
        """The query that the summaries answer; None of those of a whole meeting."""
        if self.comparison is not None:
            return self.comparison.query
        summary = self.summary_a or self.summary
        return summary.query if summary else None
