"""Work on a scoring job: compute the values that a run's finished summaries lack, in batches."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from jobs.models import LeasedJobQuerySet
from jobs.working import work_on
from models_runner.datasets.references import fitting_references
from models_runner.metrics.protocol import Metric, ScoringRequest
from models_runner.metrics.registry import get_metric
from models_runner.models import MetricSignature, Run, Score, ScoringJob, Summary
from models_runner.runs import lifecycle

BATCH = 32


def work_on_scoring_job(job_id: int, *, owner: str) -> str:
    """Compute missing values; return a line for the log. Calling it twice is harmless."""
    jobs = ScoringJob.objects.select_related("run__system")
    return work_on(jobs, job_id, _score, owner=owner)


def _score(job: ScoringJob, held: LeasedJobQuerySet[ScoringJob]) -> str:
    # First of all: an attempt that ends its worker must have said with what.
    held.update(scored_input=lifecycle.scoring_input(job.run))
    metric = get_metric(job.metric)
    scored = _score_missing(metric, job.run, held)
    if held.finish():
        _reopen_if_more_came(metric, job)
    return f"{scored} summaries"


def _score_missing(metric: Metric, run: Run, held: LeasedJobQuerySet[ScoringJob]) -> int:
    scored = 0
    for language in _languages(run):
        signature = current_signature(metric, language)
        while held.exists() and (batch := list(_missing(run, language, signature)[:BATCH])):
            _score_batch(metric, signature, run, batch)
            scored += len(batch)
            held.update(attempts=1)  # only a job that makes no progress uses up its attempts
    return scored


def _reopen_if_more_came(metric: Metric, job: ScoringJob) -> None:
    """Request the metric again if a summary was saved while the job ended, because it then sent no message."""
    for language in _languages(job.run):
        if _missing(job.run, language, current_signature(metric, language)).exists():
            lifecycle.request_scores(job.run, (job.metric,))
            return


def _languages(run: Run) -> Iterator[str]:
    yield from run.summaries.done().order_by().values_list("document__language", flat=True).distinct()


def current_signature(metric: Metric, language: str) -> MetricSignature:
    signature, _ = MetricSignature.objects.get_or_create(
        text=metric.signature(language), defaults={"metric": metric.key}
    )
    return signature


def _missing(run: Run, language: str, signature: MetricSignature) -> QuerySet[Summary]:
    done = run.summaries.done().filter(document__language=language)
    scored = Score.objects.filter(signature=signature, summary__run=run).values("summary_id")
    return done.exclude(pk__in=scored).select_related("document__transcript").order_by("pk")


def _score_batch(metric: Metric, signature: MetricSignature, run: Run, batch: Sequence[Summary]) -> None:
    references = fitting_references([s.document_id for s in batch], run.instruction)
    requests = [
        ScoringRequest(
            summary=s.text,
            references=tuple(references.get((s.document_id, s.query_id), ())),
            transcript=s.document.transcript.text,
            language=s.document.language,
            is_reference=run.system.adapter == "reference",
        )
        for s in batch
    ]
    rows = [
        Score(summary=s, signature=signature, name=v.name, value=v.value, reason=v.reason[:300])
        for s, values in zip(batch, metric.score(requests), strict=True)
        for v in values
    ]
    Score.objects.bulk_create(rows, ignore_conflicts=True)
