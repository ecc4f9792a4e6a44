"""Working on a run: claim a batch, generate outside any transaction, save, repeat."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from models_runner import services, signals
from models_runner.adapters.base import (
    AdapterError,
    SummaryRequest,
    SystemAdapter,
    SystemOutput,
    SystemSpec,
    TransientAdapterError,
)
from models_runner.adapters.registry import load_adapter
from models_runner.instructions import instruction_text, texts_of
from models_runner.leases import KeepLease, lease_time
from models_runner.models import Run, Summary, System
from models_runner.references import fitting_references

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
TELL_EVERY_SECONDS = 20.0


def work_on_run(run_id: int, *, owner: str) -> str:
    """Write the run's waiting summaries until none is left; returns a line for the log. Harmless when called twice."""
    run = Run.objects.select_related("system", "dataset").filter(pk=run_id).first()
    if run is None:
        return f"run {run_id} is gone"
    if not run.summaries.ready(timezone.now()).exists():
        finish_if_complete(run)
        return f"run {run_id}: nothing waits"
    try:
        adapter = load_adapter(run.system.adapter, adapter_spec(run.system))
    except AdapterError as error:
        _fail_waiting(run, str(error))
        return f"run {run_id}: {error}"
    _note_start(run, adapter)
    saved = _work(run, adapter, owner)
    finish_if_complete(run)
    return f"run {run_id}: {saved} summaries"


def adapter_spec(system: System) -> SystemSpec:
    return SystemSpec(
        slug=system.slug,
        model_id=system.model_id,
        revision=system.revision,
        context_window=system.context_window,
        prompt_template=system.prompt_template,
        decoding=system.decoding,
        long_input=system.long_input,
        engine={"threads": settings.GENERATION_THREADS} | system.engine,
    )


def _note_start(run: Run, adapter: SystemAdapter) -> None:
    record = {"system": run.system.spec(), "adapter": adapter.environment(), "weights": adapter.revision}
    Run.objects.filter(pk=run.pk, status=Run.Status.PENDING).update(status=Run.Status.RUNNING)
    Run.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
    Run.objects.filter(pk=run.pk, environment={}).update(environment=record)


def _work(run: Run, adapter: SystemAdapter, owner: str) -> int:
    saved, told, asked_for_help = 0, time.monotonic(), False
    while True:
        now = timezone.now()
        ids = Summary.objects.claim(run.pk, owner=owner, count=adapter.batch_size, now=now, lease=lease_time())
        if not ids:
            break
        if not asked_for_help and run.summaries.ready(now).exists():
            services.announce(run)  # for the next idle worker, which tells the one after it
            asked_for_help = True
        saved += _write_batch(run, adapter, owner, ids)
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            signals.summaries_saved.send(sender=Run, run=run)
            told = time.monotonic()
    return saved


def _write_batch(run: Run, adapter: SystemAdapter, owner: str, ids: Sequence[int]) -> int:
    summaries = list(
        Summary.objects.held_by(owner).filter(pk__in=ids).select_related("document__transcript", "query").order_by("pk")
    )
    requests = _requests(run, summaries)
    held = Summary.objects.held_by(owner).filter(pk__in=ids)
    with KeepLease(lambda: held.update(lease_until=timezone.now() + lease_time())):
        outcomes = _summarize(adapter, requests)
    return sum(_store(run, held, summary, outcome) for summary, outcome in zip(summaries, outcomes, strict=True))


def _requests(run: Run, summaries: Sequence[Summary]) -> list[SummaryRequest]:
    references = fitting_references([s.document_id for s in summaries], run.instruction)
    wording = texts_of(run.instruction, run.instruction_version)
    return [
        SummaryRequest(
            document_id=s.document.external_id,
            turns=s.document.transcript.turns,
            language=s.document.language,
            instruction=instruction_text(wording, s.document.language, s.query.text if s.query else ""),
            kind=run.instruction,
            references=tuple(references.get((s.document_id, s.query_id), ())),
        )
        for s in summaries
    ]


def _summarize(adapter: SystemAdapter, requests: Sequence[SummaryRequest]) -> list[SystemOutput | Exception]:
    """An output or the fault for each request; a fault of a batch is narrowed down to the request that has it."""
    try:
        return list(adapter.summarize(requests))
    except TransientAdapterError as error:
        return [error] * len(requests)
    except Exception as error:
        if len(requests) > 1:
            return [outcome for request in requests for outcome in _summarize(adapter, [request])]
        if not isinstance(error, AdapterError):
            logger.exception("document %s: unexpected fault", requests[0].document_id)
        return [error]


def _store(run: Run, held: QuerySet[Summary], summary: Summary, outcome: SystemOutput | Exception) -> int:
    """Save one outcome if the row is still ours; 1 if a summary was saved."""
    ours = held.filter(pk=summary.pk)
    if isinstance(outcome, TransientAdapterError) and summary.attempts < MAX_ATTEMPTS:
        delay = timedelta(seconds=settings.RETRY_SECONDS * 2 ** (summary.attempts - 1))
        ours.update(
            status=Summary.Status.PENDING,
            owner="",
            lease_until=None,
            error=str(outcome),
            not_before=timezone.now() + delay,
        )
        services.announce_later(run, delay)
        return 0
    if isinstance(outcome, Exception):
        ours.update(status=Summary.Status.FAILED, owner="", lease_until=None, error=_reason(outcome, summary.attempts))
        return 0
    return ours.update(
        status=Summary.Status.DONE,
        owner="",
        lease_until=None,
        error="",
        text=outcome.text,
        stop_reason=outcome.stop_reason,
        prompt_tokens=outcome.prompt_tokens,
        output_tokens=outcome.output_tokens,
        dropped_tokens=outcome.dropped_tokens,
        seconds=outcome.seconds,
        peak_memory_bytes=outcome.peak_memory_bytes,
        finished_at=timezone.now(),
    )


def _reason(error: Exception, attempts: int) -> str:
    if isinstance(error, TransientAdapterError):
        return f"{error} (given up after {attempts} attempts)"
    if isinstance(error, AdapterError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _fail_waiting(run: Run, reason: str) -> None:
    run.summaries.filter(status=Summary.Status.PENDING).update(status=Summary.Status.FAILED, error=reason)
    finish_if_complete(run)


def finish_if_complete(run: Run) -> bool:
    """Give the run its final status once no summary waits or is being written; then ask for its scores."""
    counts = run.counts()
    if counts["pending"] or counts["running"]:
        return False
    status, reason = Run.Status.DONE, ""
    if counts["failed"]:
        first = run.summaries.filter(status=Summary.Status.FAILED).order_by("pk").values_list("error", flat=True)[0]
        status, reason = (
            Run.Status.FAILED,
            f"{counts['failed']} of {counts['total']} summaries failed. First reason: {first}",
        )
    elif counts["cancelled"]:
        status, reason = Run.Status.CANCELLED, "cancelled by a researcher"
    open_run = Run.objects.filter(pk=run.pk, status__in=[Run.Status.PENDING, Run.Status.RUNNING])
    if not open_run.update(status=status, status_reason=reason, finished_at=timezone.now()):
        return False
    if counts["done"]:
        services.request_scores(run)
        signals.summaries_saved.send(sender=Run, run=run)
    return True
