"""Start, cancel, resume and end judging. Everything here changes rows first and sends a message after the commit."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Comparison, Criterion, Study
from judges.judging.wording import UnknownCriteriaError, asked_criteria, words_for
from judges.models import Judge, JudgingJob, Mode, Verdict
from judges.records.readiness import check_judge_ready

AT_ONCE = 2_000

__all__ = ["Asked", "JudgingError", "UnknownCriteriaError", "cancel_judging", "resume_judging", "start_judging"]


class JudgingError(Exception):
    """The judge cannot be asked this; the message says why. Nothing has changed."""


@dataclass(frozen=True)
class Asked:
    """What a judge is asked about a study.

    Attributes:
        criteria: Keys of the study's questions; all of them if empty.
        sample: Of how many pairs, or summaries, drawn at random; all if None.
        seed: Of the draw.
        comparisons: Chosen pairs; all of the study if None.
        cost_limit: US dollars beyond which nothing is asked; no limit if None.
    """

    criteria: Sequence[str] = ()
    sample: int | None = None
    seed: int = 0
    comparisons: Sequence[int] | None = None
    cost_limit: float | None = None


@transaction.atomic
def start_judging(judge: Judge, study: Study, asked: Asked, *, by: str = "") -> JudgingJob:
    """Ask a judge about a study, or go on; each question gets a row if it has none. A larger call later adds questions.

    Raises:
        NotReadyError: The judge cannot be asked here.
        UnknownCriteriaError: The study has no such question, or the judge no words for it.
        JudgingError: There is nothing to ask, or the limit cannot be kept.
    """
    check_judge_ready(judge)
    if asked.cost_limit is not None and not judge.price:
        raise JudgingError(f"Judge {judge.name} has no price on record, so a limit of cost cannot be kept.")
    criteria = asked_criteria(study, asked.criteria)
    job, _ = JudgingJob.objects.get_or_create(judge=judge, study=study, defaults={"started_by": by[:200]})
    job = lock_job(job.pk)
    job.rubrics = job.rubrics | {criterion.key: words_for(judge, job, criterion) for criterion in criteria}
    job.cost_limit = asked.cost_limit
    job.save(update_fields=["rubrics", "cost_limit"])
    _add_questions(job, criteria, asked)
    job.verdicts.filter(status=Verdict.Status.CANCELLED).update(status=Verdict.Status.PENDING)
    _go_on(job)
    return job


def lock_job(pk: int) -> JudgingJob:
    """Lock the job until the transaction ends, so that its status stays in step with its questions."""
    return JudgingJob.objects.select_for_update(of=("self",)).select_related("judge", "study").get(pk=pk)


def _add_questions(job: JudgingJob, criteria: Iterable[Criterion], asked: Asked) -> None:
    comparisons = job.study.comparisons.for_rating().order_by("document__position", "document", "pk")
    if asked.comparisons is not None:
        comparisons = comparisons.filter(pk__in=asked.comparisons)
    units = _summaries(comparisons) if job.judge.mode == Mode.SCORE else _pairs(comparisons)
    if asked.sample is not None and asked.sample < len(units):
        units = random.Random(asked.seed).sample(units, asked.sample)  # noqa: S311  (no secret)
    if not units:
        raise JudgingError(f"Study {job.study.slug} has no pairs to judge.")
    rows = (
        Verdict(judge=job.judge, study=job.study, criterion=criterion, job=job, sample=sample, **unit)
        for criterion in criteria
        for unit in units
        for sample in range(job.judge.samples)
    )
    Verdict.objects.bulk_create(_in_orders(rows), ignore_conflicts=True, batch_size=AT_ONCE)


def _pairs(comparisons: QuerySet[Comparison]) -> list[dict[str, int]]:
    rows = comparisons.values_list("pk", "document_id")
    return [{"comparison_id": pk, "document_id": document} for pk, document in rows]


def _summaries(comparisons: QuerySet[Comparison]) -> list[dict[str, int]]:
    """Return the summaries of these pairs, each once."""
    rows = comparisons.values_list("document_id", "summary_a_id", "summary_b_id")
    units = {summary: document for document, *both in rows for summary in both}
    return [{"summary_id": summary, "document_id": document} for summary, document in units.items()]


def _in_orders(rows: Iterable[Verdict]) -> Iterable[Verdict]:
    """Yield each question about a pair in both orders, and each about a summary once."""
    for row in rows:
        if row.comparison_id is None:
            yield row
            continue
        for first in ("a", "b"):
            values = {name: getattr(row, name) for name in ("judge", "study", "criterion", "job", "sample")}
            yield Verdict(**values, comparison_id=row.comparison_id, document_id=row.document_id, shown_first=first)


@transaction.atomic
def cancel_judging(job: JudgingJob) -> None:
    """Stop: answers stay, what waits is cancelled, and what is being asked is discarded."""
    lock_job(job.pk)
    job.verdicts.unfinished().update(
        status=Verdict.Status.CANCELLED, owner="", lease_until=None, not_before=None, failure_reason=""
    )
    JudgingJob.objects.filter(pk=job.pk).exclude(status__in=[JudgingJob.Status.DONE, JudgingJob.Status.FAILED]).update(
        status=JudgingJob.Status.CANCELLED, failure_reason="cancelled by a researcher", finished_at=timezone.now()
    )
    job.refresh_from_db()


@transaction.atomic
def resume_judging(job: JudgingJob, *, cost_limit: float | None = None) -> None:
    """Let cancelled and failed questions wait again, also beyond an earlier limit of cost."""
    lock_job(job.pk)
    JudgingJob.objects.filter(pk=job.pk).update(cost_limit=cost_limit)
    job.verdicts.filter(status=Verdict.Status.CANCELLED).update(status=Verdict.Status.PENDING)
    job.verdicts.filter(status=Verdict.Status.FAILED).reopen(not_before=None)
    job.refresh_from_db()
    _go_on(job)


def _go_on(job: JudgingJob) -> None:
    """Announce the job if it has questions to ask, and reopen it if it has ended."""
    if not job.verdicts.unfinished().exists():
        return
    if job.status not in (JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING):
        JudgingJob.objects.filter(pk=job.pk).update(
            status=JudgingJob.Status.PENDING, failure_reason="", finished_at=None, queued_at=timezone.now()
        )
        job.refresh_from_db()
    job.announce()


def finish_if_complete(job: JudgingJob) -> None:
    """Give the job its final status once no question waits or is being asked."""
    with transaction.atomic():
        if not JudgingJob.objects.open().filter(pk=job.pk).select_for_update().exists():
            return
        counts = job.counts()
        if counts["pending"] or counts["running"]:
            return
        status, reason = _final_status(job, counts)
        JudgingJob.objects.filter(pk=job.pk).update(status=status, failure_reason=reason, finished_at=timezone.now())


def _final_status(job: JudgingJob, counts: dict[str, int]) -> tuple[str, str]:
    if counts["failed"]:
        failed = job.verdicts.filter(status=Verdict.Status.FAILED).order_by("pk")
        first = failed.values_list("failure_reason", flat=True)[0]
        return JudgingJob.Status.FAILED, (
            f"{counts['failed']} of {counts['total']} questions failed. First reason: {first}"
        )
    if counts["cancelled"]:
        return JudgingJob.Status.CANCELLED, "cancelled by a researcher"
    return JudgingJob.Status.DONE, ""


def stop_at_limit(job: JudgingJob, spent: float) -> None:
    """End the job at its limit of cost; what waits stays, and goes on once the limit is raised."""
    reason = (
        f"{spent:.4f} US dollars are spent, and one more question may cost more than the limit of {job.cost_limit:g}."
    )
    JudgingJob.objects.open().filter(pk=job.pk).update(
        status=JudgingJob.Status.STOPPED, failure_reason=reason, finished_at=timezone.now()
    )
