"""Work on a scoring job: compute the values that a run's finished summaries lack, in batches.

A batch has the summaries of whole documents, those of other runs that wait for the same metric among them: what they
share, such as a reference, is then read once.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from numbers import Real

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from jobs.models import LeasedJobQuerySet
from jobs.workers.draining import stop_if_ending
from jobs.working import work_on
from lib.serving import traces
from models_runner.datasets.references import fitting_references
from models_runner.metrics.protocol import Metric, MetricValue, ScoringRequest, ValueDescription, names_of
from models_runner.metrics.registry import get_metric
from models_runner.models import MetricSignature, Run, Score, ScoredSpans, ScoringJob, Summary, Transcript
from models_runner.runs import lifecycle

BATCH = 32
ROUNDING = 1e-3


class WrongValuesError(RuntimeError):
    """A metric returned something else than the values it describes; the message says what."""


def work_on_scoring_job(job_id: int, *, owner: str) -> str:
    """Compute missing values; return a line for the log. Calling it twice is harmless."""
    jobs = ScoringJob.objects.select_related("run__system")
    return work_on(jobs, job_id, _score, owner=owner)


def _score(job: ScoringJob, held: LeasedJobQuerySet[ScoringJob]) -> str:
    # First of all: an attempt that ends its worker must have said with what.
    held.update(scored_input=lifecycle.scoring_input(job.run))
    metric = get_metric(job.metric)
    scored = _score_missing(metric, job, held)
    if held.finish():
        _reopen_if_more_came(metric, job)
    return f"{scored:,} summaries"


def _score_missing(metric: Metric, job: ScoringJob, held: LeasedJobQuerySet[ScoringJob]) -> int:
    scored = 0
    # Whatever ended the last worker, another run's summaries did not if they are not read again.
    alone = job.attempts > 1
    for language in _languages(job.run):
        signature = current_signature(metric, language)
        while held.exists() and (batch := _batch(job, language, signature, alone=alone)):
            with traces.span("score", summaries=len(batch)):
                _score_batch(metric, signature, job.run.instruction, batch)
            scored += len(batch)
            held.update(attempts=1)  # only a job that makes no progress uses up its attempts
            stop_if_ending()
    return scored


def _reopen_if_more_came(metric: Metric, job: ScoringJob) -> None:
    """Request the metric again if a summary was saved while the job ended, because it then sent no message."""
    for language in _languages(job.run):
        if _missing([job.run_id], language, current_signature(metric, language)).exists():
            lifecycle.request_scores(job.run, (job.metric,))
            return


def _languages(run: Run) -> Iterator[str]:
    yield from run.summaries.done().order_by().values_list("document__language", flat=True).distinct()


def current_signature(metric: Metric, language: str) -> MetricSignature:
    signature, _ = MetricSignature.objects.get_or_create(
        text=metric.signature(language), defaults={"metric": metric.key}
    )
    return signature


def _missing(runs: Sequence[int], language: str, signature: MetricSignature) -> QuerySet[Summary]:
    done = Summary.objects.done().filter(run__in=runs, document__language=language)
    scored = Score.objects.filter(signature=signature, summary__run__in=runs).values("summary_id")
    return done.exclude(pk__in=scored)


def _batch(job: ScoringJob, language: str, signature: MetricSignature, *, alone: bool) -> list[Summary]:
    """Return the next summaries to score, by document: the run's own, and other runs' of the same documents.

    alone: Without other runs.
    """
    others, share = ([], 0.0) if alone else _others(job)
    units = max(1, BATCH // (1 + len(others)))
    missing = _missing([job.run_id], language, signature).order_by("document__position", "query__position", "pk")
    # Jobs that work at the same time begin at different documents.
    start = math.floor(share * missing.count()) if share else 0
    own = list(missing.values_list("document_id", "query_id")[start : start + units])
    batch = _missing([job.run_id, *others], language, signature)
    batch = batch.filter(document__in={document for document, _ in own}).select_related("document", "run__system")
    wanted = set(own)
    ordered = batch.defer("thoughts", "document__metadata").order_by("document__position", "query__position", "run_id")
    return [summary for summary in ordered if (summary.document_id, summary.query_id) in wanted]


def _others(job: ScoringJob) -> tuple[list[int], float]:
    """Return the other runs over the same dataset and instruction that wait for the metric, and this job's place."""
    same = ScoringJob.objects.filter(
        metric=job.metric,
        status__in=[ScoringJob.Status.PENDING, ScoringJob.Status.RUNNING],
        run__dataset=job.run.dataset_id,
        run__instruction=job.run.instruction,
    )
    rows = list(same.order_by("pk").values_list("pk", "run_id", "status"))
    running = [pk for pk, _, status in rows if status == ScoringJob.Status.RUNNING]
    place = running.index(job.pk) / len(running) if job.pk in running else 0.0
    return [run for pk, run, _ in rows if pk != job.pk], place


def _score_batch(metric: Metric, signature: MetricSignature, instruction: str, batch: Sequence[Summary]) -> None:
    documents = {summary.document_id for summary in batch}
    references = fitting_references(documents, instruction)
    transcripts = {row.pk: row.text for row in Transcript.objects.filter(pk__in=documents).defer("original_turns")}
    requests = [
        ScoringRequest(
            summary=s.text,
            references=tuple(references.get((s.document_id, s.query_id), ())),
            transcript=transcripts[s.document_id],
            language=s.document.language,
            is_reference=s.run.system.adapter == "reference",
        )
        for s in batch
    ]
    scored = [(s, v) for s, values in zip(batch, _values(metric, requests), strict=True) for v in values]
    rows = [Score(summary=s, signature=signature, name=v.name, value=v.value, reason=v.reason[:300]) for s, v in scored]
    spans = [
        ScoredSpans(summary=s, signature=signature, name=v.name, spans=[asdict(span) for span in v.spans])
        for s, v in scored
        if v.spans
    ]
    with transaction.atomic():
        Score.objects.bulk_create(rows, ignore_conflicts=True)
        ScoredSpans.objects.bulk_create(spans, ignore_conflicts=True)


def _values(metric: Metric, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
    """Compute the values. Raises WrongValuesError, before anything is stored."""
    values = metric.score(requests)
    names = names_of(metric.values)
    if len(values) != len(requests):
        raise WrongValuesError(f"Metric {metric.key} answered {len(values):,} of {len(requests):,} summaries.")
    described = {description.name: description for description in metric.values}
    for request, row in zip(requests, values, strict=True):
        given = tuple(value.name for value in row)
        if given != names:
            raise WrongValuesError(f"Metric {metric.key} returned {', '.join(given)}; expected {', '.join(names)}.")
        for value in row:
            _check_spans(metric, value, len(request.summary))
            if value.value is None and not value.reason:
                raise WrongValuesError(f"Metric {metric.key} gave no reason why {value.name} is undefined.")
            _check_number(metric, value, described[value.name])
    return values


def _check_number(metric: Metric, value: MetricValue, description: ValueDescription) -> None:
    """Raise WrongValuesError for what is no number, or lies outside the range that the metric describes."""
    number = value.value
    if number is None:
        return
    if not _is_number(number):
        raise WrongValuesError(f"Metric {metric.key} returned {number!r} as {value.name}; expected a number.")
    lowest = -math.inf if description.lowest is None else description.lowest
    highest = math.inf if description.highest is None else description.highest
    # Rounding may take a cosine a little beyond 1.
    if not lowest - ROUNDING <= number <= highest + ROUNDING:
        raise WrongValuesError(
            f"Metric {metric.key} returned {number} as {value.name}; it describes a range of {lowest:g} to {highest:g}."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _check_spans(metric: Metric, value: MetricValue, characters: int) -> None:
    for span in value.spans:
        inside = 0 <= span.start < span.end <= characters
        if not inside or (span.value is not None and not _is_number(span.value)):
            raise WrongValuesError(f"Metric {metric.key} returned a part of {value.name} that is none: {span}.")


def metrics_without_values(run: Run, done: list[str]) -> dict[str, str]:
    """Look for metrics without any value in a run, such as those that need references where there are none."""
    if not done:
        return {}
    scores = Score.objects.filter(summary__run=run).order_by()
    has_value = Exists(scores.filter(signature=OuterRef("pk"), value__isnull=False))
    found = set(MetricSignature.objects.filter(has_value, metric__in=done).values_list("metric", flat=True))
    without = scores.exclude(signature__metric__in=found).filter(signature__metric__in=done)
    return dict(without.values_list("signature__metric", "reason").distinct()) if found != set(done) else {}
