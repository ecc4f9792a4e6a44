"""Start, cancel, resume and end judging. Everything here changes rows first and sends a message after the commit."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from annotations.models import Study
from judges.judging.budget import affordable, spent_dollars
from judges.judging.chosen import NamedPair
from judges.judging.units import NoSuchPairError, chosen_among, instructions_of, pairs_of, summaries_in
from judges.judging.wording import UnknownCriteriaError, asked_criteria, words_for, words_outside_studies
from judges.models import Judge, JudgingJob, Mode, Verdict
from judges.records.readiness import check_judge_ready
from judges.rubrics.library import Rubric
from models_runner.models import Dataset

AT_ONCE = 2_000
IN_BOTH_ORDERS = ({"shown_first": "a"}, {"shown_first": "b"})

__all__ = [
    "Asked",
    "JudgingError",
    "UnknownCriteriaError",
    "cancel_judging",
    "resume_judging",
    "start_judging",
    "start_judging_dataset",
]


class JudgingError(Exception):
    """The judge cannot be asked this; the message says why. Nothing has changed."""


@dataclass(frozen=True)
class Asked:
    """What a judge is asked about a study or a dataset.

    Attributes:
        criteria: Keys of the study's questions, all of them if empty; of a dataset, of those that the judge has words
            for, `overall` if empty.
        sample: Of how many pairs, or summaries, drawn at random; all if None.
        seed: Of the draw.
        comparisons: Keys of chosen pairs of the study; all if None.
        chosen: Chosen pairs by name; all if None.
        cost_limit: US dollars beyond which nothing is asked; no limit if None.
    """

    criteria: Sequence[str] = ()
    sample: int | None = None
    seed: int = 0
    comparisons: Sequence[int] | None = None
    chosen: Sequence[NamedPair] | None = None
    cost_limit: float | None = None


@transaction.atomic
def start_judging(judge: Judge, study: Study, asked: Asked, *, by: str = "") -> JudgingJob:
    """Ask a judge about a study, or go on; each question gets a row if it has none. A larger call later adds questions.

    Raises:
        NotReadyError: The judge cannot be asked here.
        UnknownCriteriaError: The study has no such question, or the judge no words for it.
        JudgingError: There is nothing to ask, a chosen pair is none of the study's, or the limit cannot be kept.
    """
    _check_may_ask(judge, asked)
    criteria = asked_criteria(study, asked.criteria)
    job, _ = JudgingJob.objects.get_or_create(judge=judge, study=study, defaults={"started_by": by[:200]})
    job = lock_job(job.pk)
    words = {criterion.key: words_for(judge, job, criterion) for criterion in criteria}
    return _started(job, words, [{"study": study, "criterion": criterion} for criterion in criteria], asked)


@transaction.atomic
def start_judging_dataset(
    judge: Judge, dataset: Dataset, asked: Asked, *, instruction: str = "", by: str = ""
) -> JudgingJob:
    """Ask a judge about what all systems wrote on a dataset under one instruction, without a study; or go on.

    instruction: May be left out where systems wrote under one only.
    Raises:
        NotReadyError, UnknownCriteriaError, JudgingError: As start_judging.
    """
    _check_may_ask(judge, asked)
    instruction = _instruction(dataset, instruction)
    defaults = {"started_by": by[:200]}
    job, _ = JudgingJob.objects.get_or_create(judge=judge, dataset=dataset, instruction=instruction, defaults=defaults)
    job = lock_job(job.pk)
    words = words_outside_studies(judge, job, asked.criteria)
    return _started(job, words, [{"criterion_key": key} for key in words], asked)


def _check_may_ask(judge: Judge, asked: Asked) -> None:
    check_judge_ready(judge)
    if asked.cost_limit is not None and not judge.price:
        raise JudgingError(f"Judge {judge.name} has no price on record, so a limit of cost cannot be kept.")


def _instruction(dataset: Dataset, wanted: str) -> str:
    known = instructions_of(dataset)
    if not known:
        raise JudgingError(f"No system has summarized dataset {dataset.name} yet. Start a run on it first.")
    if not wanted and len(known) == 1:
        return known[0]
    if wanted not in known:
        names = ", ".join(known)
        if wanted:
            raise JudgingError(f"Dataset {dataset.name} has no summaries under {wanted!r}; name one of: {names}.")
        raise JudgingError(f"Dataset {dataset.name} has summaries under several instructions; name one of: {names}.")
    return wanted


def _started(
    job: JudgingJob, words: Mapping[str, Rubric], questions: Sequence[Mapping[str, object]], asked: Asked
) -> JudgingJob:
    job.rubrics = job.rubrics | dict(words)
    job.cost_limit = asked.cost_limit
    job.save(update_fields=["rubrics", "cost_limit"])
    _add_questions(job, questions, asked)
    job.verdicts.filter(status=Verdict.Status.CANCELLED).update(status=Verdict.Status.PENDING)
    _go_on(job)
    return job


def lock_job(pk: int) -> JudgingJob:
    """Lock the job until the transaction ends, so that its status stays in step with its questions."""
    jobs = JudgingJob.objects.select_for_update(of=("self",)).select_related("judge", "study", "dataset")
    return jobs.get(pk=pk)


def _add_questions(job: JudgingJob, questions: Sequence[Mapping[str, object]], asked: Asked) -> None:
    pairs = pairs_of(job)
    if asked.comparisons is not None:
        pairs = [pair for pair in pairs if pair.comparison in set(asked.comparisons)]
    if asked.chosen is not None:
        try:
            pairs = chosen_among(pairs, asked.chosen, job)
        except NoSuchPairError as error:
            raise JudgingError(str(error)) from error
    units = summaries_in(pairs) if job.judge.mode == Mode.SCORE else [pair.unit for pair in pairs]
    if asked.sample is not None and asked.sample < len(units):
        units = random.Random(asked.seed).sample(units, asked.sample)  # noqa: S311  (no secret)
    if not units:
        if job.study is not None:
            raise JudgingError(f"Study {job.study.slug} has no pairs to judge.")
        raise JudgingError(f"Dataset {job.about} has no pairs to judge.")
    rows = (
        Verdict(judge=job.judge, job=job, sample=sample, **question, **unit, **first)
        for question in questions
        for unit in units
        for sample in range(job.judge.samples)
        for first in ([{}] if "summary_id" in unit else IN_BOTH_ORDERS)
    )
    Verdict.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)


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
            f"{counts['failed']:,} of {counts['total']:,} questions failed. First reason: {first}"
        )
    if counts["cancelled"]:
        return JudgingJob.Status.CANCELLED, "cancelled by a researcher"
    return JudgingJob.Status.DONE, ""


def stop_at_limit(job: JudgingJob) -> None:
    """End the job at its limit of cost, unless somebody has raised it; what waits goes on once the limit is raised."""
    with transaction.atomic():
        job = lock_job(job.pk)
        if affordable(job, 1):
            return
        spent = spent_dollars(job)
        reason = (
            f"{spent:.4f} US dollars are spent, and one more question may cost more than the limit of "
            f"{job.cost_limit:g}."
        )
        JudgingJob.objects.open().filter(pk=job.pk).update(
            status=JudgingJob.Status.STOPPED, failure_reason=reason, finished_at=timezone.now()
        )
