"""Work on a run: claim a batch of summaries, write them outside any transaction, save them, and repeat."""

import logging
import time
from collections.abc import Collection, Iterator, Sequence

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from jobs.leases import KeepLease, lease_time
from lib.faults import disk_is_full, explained
from models_runner.adapters.prompts import prompt_layout
from models_runner.adapters.protocol import (
    AdapterError,
    SummaryRequest,
    SystemAdapter,
    SystemOutput,
    SystemSpec,
    TransientAdapterError,
)
from models_runner.adapters.registry import load_adapter
from models_runner.datasets.instructions import instruction_text, texts_of
from models_runner.datasets.references import fitting_references
from models_runner.models import Run, Summary, System
from models_runner.runs import lifecycle, signals
from models_runner.runs.energy import EnergyMeter
from models_runner.runs.machine import machine_record
from models_runner.runs.outcomes import settle_outcome

logger = logging.getLogger(__name__)

TELL_EVERY_SECONDS = 20.0


def work_on_run(run_id: int, *, owner: str) -> str:
    """Write the run's waiting summaries until none is left; return a line for the log. Calling it twice is harmless."""
    run = Run.objects.select_related("system", "dataset").filter(pk=run_id).first()
    if run is None:
        return f"run {run_id} is gone"
    if not run.summaries.ready(timezone.now()).exists():
        finish_if_complete(run)
        return f"run {run_id}: nothing waits"
    try:
        adapter = load_adapter(run.system.adapter, adapter_spec(run.system))
    except Exception as error:
        # Catch everything: re-raising would requeue the run forever.
        reason = _reason_not_loaded(error)
        _fail_waiting(run, reason)
        return f"run {run_id}: {reason}"
    try:
        return _work_with_siblings(run, adapter, owner)
    except OperationalError as error:
        return (
            f"run {run_id} stops here; a sweep takes it up again once the database can be written. {explained(error)}"
        )


def _reason_not_loaded(error: Exception) -> str:
    if isinstance(error, AdapterError) and not disk_is_full(error):
        return str(error)
    logger.error("a system could not be loaded", exc_info=error)
    return f"The system could not be loaded. {explained(error)}"


def _work_with_siblings(run: Run, adapter: SystemAdapter, owner: str) -> str:
    runs = [run, *_siblings(run)]
    saved = _work(runs, adapter, owner)
    for worked_on in runs:
        finish_if_complete(worked_on)
    return f"run {run.pk}: {saved} summaries"


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


def _siblings(run: Run) -> list[Run]:
    """Return the open runs of the same system over the same documents under other instructions.

    They are written together, document by document, because their prompts begin with the same transcript, which an
    engine that caches prefixes then reads only once.
    """
    same = Run.objects.filter(system=run.system_id, dataset=run.dataset_id, split=run.split).exclude(pk=run.pk)
    return list(same.open().select_related("system", "dataset").order_by("pk"))


def _note_start(run: Run, adapter: SystemAdapter) -> None:
    record = {
        "system": run.system.spec(),
        "adapter": adapter.environment(),
        "weights": adapter.revision,
        "instruction": {"kind": run.instruction, "version": run.instruction_version},
        "prompt_layout": prompt_layout(adapter_spec(run.system)),
        "machine": machine_record(),
    }
    Run.objects.filter(pk=run.pk, status=Run.Status.PENDING).update(status=Run.Status.RUNNING)
    Run.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
    Run.objects.filter(pk=run.pk, environment={}).update(environment=record)


def _note_learnt(run: Run, environment: dict[str, object]) -> None:
    """Record what the adapter has learnt since the run started, such as fields that an endpoint refuses."""
    with transaction.atomic():
        locked = lifecycle.lock_run(run.pk)
        locked.environment["adapter"] = environment
        locked.save(update_fields=["environment"])


def _work(runs: Sequence[Run], adapter: SystemAdapter, owner: str) -> int:
    saved, told = 0, time.monotonic()
    noted: dict[int, dict[str, object]] = {}
    for run, ids in _batches(runs, adapter.batch_size, owner):
        if run.pk not in noted:
            noted[run.pk] = adapter.environment()
            _note_start(run, adapter)
            if run.summaries.ready(timezone.now()).exists():
                run.announce()  # to the next idle worker, which does the same
        saved += _write_batch(run, adapter, owner, ids)
        if (environment := adapter.environment()) != noted[run.pk]:
            _note_learnt(run, environment)
            noted[run.pk] = environment
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            signals.summaries_saved.send(sender=Run, run=run)
            told = time.monotonic()
    return saved


def _batches(runs: Sequence[Run], size: int, owner: str) -> Iterator[tuple[Run, list[int]]]:
    """Yield claimed batches: documents of the first run, then the same documents in the other runs, and so on."""
    first, *others = runs

    def claim(run: Run, documents: Collection[int] | None = None) -> list[int]:
        now = timezone.now()
        return Summary.objects.claim_batch(
            run.pk, owner=owner, count=size, now=now, lease=lease_time(), documents=documents
        )

    while ids := claim(first):
        yield first, ids
        documents = set(Summary.objects.filter(pk__in=ids).values_list("document_id", flat=True))
        for other in others:
            while more := claim(other, documents):
                yield other, more


def _write_batch(run: Run, adapter: SystemAdapter, owner: str, ids: Sequence[int]) -> int:
    summaries = list(
        Summary.objects.held_by(owner).filter(pk__in=ids).select_related("document__transcript", "query").order_by("pk")
    )
    requests = _requests(run, summaries)
    held = Summary.objects.held_by(owner).filter(pk__in=ids)
    meter = EnergyMeter()
    with KeepLease(lambda: held.renew(lease_time())):
        outcomes = _summarize(adapter, requests)
    joules = meter.joules()
    each = joules / len(outcomes) if joules is not None and outcomes else None
    return sum(settle_outcome(run, held, s, outcome, each) for s, outcome in zip(summaries, outcomes, strict=True))


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
    """Return an output or a fault for each request; if a batch fails, retry its requests one by one."""
    try:
        return _outputs(adapter, requests)
    except TransientAdapterError as error:
        return [error] * len(requests)
    except Exception as error:
        if disk_is_full(error):
            return [TransientAdapterError(explained(error))] * len(requests)
        if len(requests) > 1:
            return [outcome for request in requests for outcome in _summarize(adapter, [request])]
        if not isinstance(error, AdapterError):
            logger.exception("document %s: unexpected fault", requests[0].document_id)
        return [error]


def _outputs(adapter: SystemAdapter, requests: Sequence[SummaryRequest]) -> list[SystemOutput | Exception]:
    outputs = list(adapter.summarize(requests))
    if len(outputs) != len(requests):
        raise AdapterError(
            f"Adapter {adapter.name} returned {len(outputs)} outputs for {len(requests)} requests; expected one each."
        )
    return list(outputs)


def _fail_waiting(run: Run, reason: str) -> None:
    run.summaries.filter(status=Summary.Status.PENDING).fail(reason)
    finish_if_complete(run)


def finish_if_complete(run: Run) -> bool:
    """Give the run its final status once no summary waits or is being written, then request its scores.

    Returns whether the run was finished by this call.
    """
    with transaction.atomic():
        if not Run.objects.open().filter(pk=run.pk).select_for_update().exists():
            return False
        counts = run.counts()
        if counts["pending"] or counts["running"]:
            return False
        status, reason = _final_status(run, counts)
        Run.objects.filter(pk=run.pk).update(status=status, failure_reason=reason, finished_at=timezone.now())
        if counts["done"]:
            lifecycle.request_scores(run)
    if counts["done"]:
        signals.summaries_saved.send(sender=Run, run=run)
    return True


def _final_status(run: Run, counts: dict[str, int]) -> tuple[str, str]:
    if counts["failed"]:
        failed = run.summaries.filter(status=Summary.Status.FAILED).order_by("pk")
        first = failed.values_list("failure_reason", flat=True)[0]
        return (
            Run.Status.FAILED,
            f"{counts['failed']} of {counts['total']} summaries failed. First reason: {first}",
        )
    if counts["cancelled"]:
        return Run.Status.CANCELLED, "cancelled by a researcher"
    return Run.Status.DONE, ""
