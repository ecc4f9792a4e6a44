"""Work on a run: claim a batch of summaries, write them outside any transaction, save them, and repeat."""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from jobs.claims import give_back
from jobs.database import connection_is_lost, until_answered
from jobs.leases import KeepLease, lease_time
from jobs.messages import announce
from jobs.outside import is_from_outside
from jobs.workers.draining import worker_is_ending
from lib.faults import disk_is_full, explained
from lib.serving.traces import span
from models_runner.adapters.openai_api.batches import BatchWriter
from models_runner.adapters.protocol import (
    AdapterError,
    SummaryRequest,
    SystemAdapter,
    SystemOutput,
    TransientAdapterError,
)
from models_runner.adapters.registry import load_adapter
from models_runner.models import Run, Summary
from models_runner.runs import signals
from models_runner.runs.batches.collecting import collect_batches
from models_runner.runs.machine.energy import EnergyMeter
from models_runner.runs.outcomes import settle_outcome
from models_runner.runs.queue.giving_way import GivingWay
from models_runner.runs.records import finish_if_complete, note_learnt, note_start
from models_runner.runs.requests import adapter_spec, summary_requests

logger = logging.getLogger(__name__)

TELL_EVERY_SECONDS = 20.0


def work_on_run(run_id: int, *, owner: str) -> str:
    """Write the run's waiting summaries until none is left; return a line for the log. Calling it twice is harmless.

    Where another run goes before it, that one is written in its place, and this one waits again.
    """
    run = Run.objects.select_related("system", "dataset").filter(pk=run_id).first()
    if run is None:
        return f"run {run_id} is gone"
    lines = []
    while run is not None:
        way = GivingWay(run)
        lines.append(_work_on(way, owner))
        if way.to is not None:
            until_answered(way.announce)
            lines.append(f"then run {way.to.pk}")
        run = way.to
    return ", ".join(lines)


def _work_on(way: GivingWay, owner: str) -> str:
    """Write a run's summaries until none is left, or it has to give way."""
    run, run_id = way.run, way.run.pk
    if not run.summaries.ready(timezone.now()).exists():
        finish_if_complete(run)
        return f"run {run_id}: nothing waits"
    if way.is_due():
        return f"run {run_id}: not begun"
    try:
        adapter = load_adapter(run.system.adapter, adapter_spec(run.system))
        writer = BatchWriter(adapter) if run.system.writes_in_batches else None
    except Exception as error:
        # Catch everything: re-raising would requeue the run forever.
        reason = _reason_not_loaded(error)
        if is_from_outside(error):
            _hold_back(run, reason)
        else:
            _fail_waiting(run, reason)
        return f"run {run_id}: {reason}"
    return _written(way, adapter, writer, owner)


def _written(way: GivingWay, adapter: SystemAdapter, writer: BatchWriter | None, owner: str) -> str:
    run = way.run
    try:
        if writer is not None:
            return collect_batches(run, writer, owner=owner)
        return _work_with_siblings(way, adapter, owner)
    except OperationalError as error:
        if connection_is_lost(error):
            until_answered(partial(_give_back, run, owner))
        return (
            f"run {run.pk} stops here; a sweep takes it up again once the database can be written. {explained(error)}"
        )
    finally:
        if worker_is_ending():
            _announce_rest(run)


def _give_back(run: Run, owner: str) -> None:
    give_back(owner)
    _announce_rest(run)


def _announce_rest(run: Run) -> None:
    Run.objects.open().filter(pk=run.pk).announce()


def _reason_not_loaded(error: Exception) -> str:
    if isinstance(error, AdapterError) and not disk_is_full(error):
        return str(error)
    logger.error("a system could not be loaded", exc_info=error)
    return f"The system could not be loaded. {explained(error)}"


def _work_with_siblings(way: GivingWay, adapter: SystemAdapter, owner: str) -> str:
    run = way.run
    runs = [run, *_siblings(run)]
    saved = _work(runs, adapter, owner, way)
    for worked_on in runs:
        finish_if_complete(worked_on)
    return f"run {run.pk}: {saved} summaries"


def _siblings(run: Run) -> list[Run]:
    """Return the open runs of the same system over the same documents under other instructions.

    They are written together, document by document, because their prompts begin with the same transcript, which an
    engine that caches prefixes then reads only once.
    """
    same = Run.objects.filter(system=run.system_id, dataset=run.dataset_id, split=run.split).exclude(pk=run.pk)
    return list(same.open().select_related("system", "dataset").order_by("pk"))


def _work(runs: Sequence[Run], adapter: SystemAdapter, owner: str, way: GivingWay) -> int:
    saved, told = 0, time.monotonic()
    noted: dict[int, dict[str, object]] = {}
    for run, ids in _batches(runs, adapter.batch_size, owner, way):
        if run.pk not in noted:
            noted[run.pk] = adapter.environment()
            note_start(run, adapter)
            if run.summaries.ready(timezone.now()).exists():
                run.announce()  # to the next idle worker, which does the same
        saved += _write_batch(run, adapter, owner, ids)
        if (environment := adapter.environment()) != noted[run.pk]:
            note_learnt(run, environment)
            noted[run.pk] = environment
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            signals.summaries_saved.send(sender=Run, run=run)
            told = time.monotonic()
    return saved


def _batches(runs: Sequence[Run], size: int, owner: str, way: GivingWay) -> Iterator[tuple[Run, list[int]]]:
    """Yield claimed batches: documents of the first run, then the same documents in the other runs, and so on."""
    first, *others = runs

    def claim(run: Run, documents: Collection[int] | None = None) -> list[int]:
        if worker_is_ending():
            return []
        now = timezone.now()
        with span("claim", run=run.pk):
            return Summary.objects.claim_batch(
                run.pk, owner=owner, count=size, now=now, lease=lease_time(), documents=documents
            )

    while not way.is_due() and (ids := claim(first)):
        yield first, ids
        documents = set(Summary.objects.filter(pk__in=ids).values_list("document_id", flat=True))
        for other in others:
            while more := claim(other, documents):
                yield other, more
        way.note_written()


def _write_batch(run: Run, adapter: SystemAdapter, owner: str, ids: Sequence[int]) -> int:
    summaries = list(
        Summary.objects.held_by(owner).filter(pk__in=ids).select_related("document__transcript", "query").order_by("pk")
    )
    requests = summary_requests(run, summaries)
    held = Summary.objects.held_by(owner).filter(pk__in=ids)
    meter = EnergyMeter()
    with span("generate", run=run.pk, summaries=len(ids)), KeepLease(lambda: held.renew(lease_time())):
        outcomes = _summarize(adapter, requests)
    joules = meter.joules()
    each = joules / len(outcomes) if joules is not None and outcomes else None
    with span("save", run=run.pk):
        return sum(
            until_answered(partial(settle_outcome, run, held, summary, outcome, each))
            for summary, outcome in zip(summaries, outcomes, strict=True)
        )


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


def _hold_back(run: Run, reason: str) -> None:
    """Let the run's summaries wait for a while, because no system can be loaded now."""
    now = timezone.now()
    delay = timedelta(seconds=settings.RESEND_SECONDS)
    run.summaries.ready(now).update(failure_reason=reason, not_before=now + delay)
    announce(Run.TASK, run.pk, delay=delay)


def _fail_waiting(run: Run, reason: str) -> None:
    run.summaries.filter(status=Summary.Status.PENDING).fail(reason)
    finish_if_complete(run)
