"""How far judging is, and what it has taken."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from judges.models import Answer, JudgingJob, Verdict


@dataclass(frozen=True)
class JudgingProgress:
    """Numbers of a job.

    Attributes:
        total, answered, failed, left: Questions.
        no_verdict: Answers that hold no verdict.
        prompt_tokens, output_tokens, cached_tokens, dropped_tokens: Over all answers.
        seconds: Of the engine.
        dollars: None where no price is on record.
        dollars_expected: Of all questions, as dear as those so far; None before the first answer or without a price.
    """

    total: int
    answered: int
    failed: int
    left: int
    no_verdict: int
    prompt_tokens: int
    output_tokens: int
    cached_tokens: int
    dropped_tokens: int
    seconds: float
    dollars: float | None
    dollars_expected: float | None


def progress_of(job: JudgingJob) -> JudgingProgress:
    """Return the numbers of a job, in one SQL query."""
    done = Q(status=Verdict.Status.DONE)
    sums = job.verdicts.aggregate(
        total=Count("pk"),
        answered=Count("pk", filter=done),
        failed=Count("pk", filter=Q(status=Verdict.Status.FAILED)),
        left=Count("pk", filter=Q(status__in=[Verdict.Status.PENDING, Verdict.Status.RUNNING])),
        no_verdict=Count("pk", filter=Q(answer=Answer.NONE)),
        priced=Count("cost"),
        dollars=Sum("cost"),
        **{f"sum_{name}": Sum(name) for name in ("prompt_tokens", "output_tokens", "cached_tokens", "dropped_tokens")},
        sum_seconds=Sum("seconds"),
    )
    priced, dollars = sums.pop("priced"), sums.pop("dollars")
    return JudgingProgress(
        **{name.removeprefix("sum_"): value or 0 for name, value in sums.items()},
        dollars=dollars,
        dollars_expected=dollars / priced * sums["total"] if priced else None,
    )
