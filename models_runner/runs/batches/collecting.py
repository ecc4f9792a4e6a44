"""Collect a run's waiting summaries into batches; nothing is sent here."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from jobs.leases import KeepLease, lease_time
from jobs.workers.draining import worker_is_ending
from models_runner.adapters.openai_api.batches import ENDPOINT, BatchWriter, read_shape
from models_runner.adapters.openai_api.requests import Shape
from models_runner.adapters.protocol import AdapterError, Prompt
from models_runner.models import BatchCall, ProviderBatch, Run, Summary
from models_runner.runs.batches.money import Budget
from models_runner.runs.batches.replay import next_step, prompt_key
from models_runner.runs.outcomes import settle_outcome
from models_runner.runs.records import finish_if_complete, note_start
from models_runner.runs.requests import summary_requests

CLAIMED = 50
LOOKED_AT = 50
# Far below what providers take (50,000 and 200 MB), so that one fault costs little and memory stays small.
MOST_REQUESTS = 5_000
MOST_BYTES = 50 << 20


@dataclass
class _Load:
    """What one batch will hold: keys of the calls by summary, and how much that is."""

    keys: dict[int, list[str]] = field(default_factory=dict)
    most_dollars: float = float("inf")
    requests: int = 0
    size: int = 0
    dollars: float = 0.0

    def has_room(self, requests: int, size: int, dollars: float) -> bool:
        fits = self.requests + requests <= MOST_REQUESTS and self.size + size <= MOST_BYTES
        return not self.keys or (fits and self.dollars + dollars <= self.most_dollars)

    def add(self, summary: int, keys: list[str], size: int, dollars: float) -> None:
        self.keys[summary] = keys
        self.requests += len(keys)
        self.size += size
        self.dollars += dollars


def collect_batches(run: Run, writer: BatchWriter, *, owner: str) -> str:
    """Put the run's waiting summaries into batches, and announce these; return a line for the log.

    A worker that ends meanwhile has ordered nothing: what it held is freed and collected again.
    """
    _take_up_lessons(writer, run)
    note_start(run, writer.adapter)
    made = 0
    mine = run.summaries.held_by(owner)
    with KeepLease(lambda: mine.renew(lease_time())):
        for load in _loads(run, writer, owner):
            made += _store(run, writer, owner, load)
    finish_if_complete(run)
    return f"run {run.pk}: {made} batches"


def _take_up_lessons(writer: BatchWriter, run: Run) -> None:
    """Let a worker know what others have learnt of the system's server."""
    newest = ProviderBatch.objects.filter(run__system=run.system_id).order_by("-pk")
    records = [after or before for after, before in newest.values_list("shape_after", "shape")[:LOOKED_AT]]
    if records:
        writer.engine.take_up(read_shape(max(records, key=lambda record: len(record["lessons"]))))


def _loads(run: Run, writer: BatchWriter, owner: str) -> Iterator[_Load]:
    budget = Budget(writer)
    load = _Load(most_dollars=budget.most)
    while not worker_is_ending() and (ids := _claim(run, owner)):
        held = Summary.objects.held_by(owner).filter(pk__in=ids)
        summaries = list(held.select_related("document__transcript", "query").order_by("document__position", "pk"))
        for summary, request in zip(summaries, summary_requests(run, summaries), strict=True):
            step = next_step(writer, summary, request)
            if not isinstance(step, list):
                settle_outcome(run, held, summary, step)
                continue
            size = sum(len(line_of(writer, prompt, "", writer.engine.shape)) for prompt in step)
            try:
                dollars = budget.of(step)
            except AdapterError as error:
                settle_outcome(run, held, summary, error)
                continue
            if not load.has_room(len(step), size, dollars):
                yield load
                load = _Load(most_dollars=budget.most)
            load.add(summary.pk, [prompt_key(prompt) for prompt in step], size, dollars)
    if load.keys:
        yield load


def _claim(run: Run, owner: str) -> list[int]:
    now = timezone.now()
    return Summary.objects.claim_batch(run.pk, owner=owner, count=CLAIMED, now=now, lease=lease_time())


def line_of(writer: BatchWriter, prompt: Prompt, custom_id: str, shape: Shape) -> bytes:
    """Return one line of a file of requests."""
    body = writer.body(prompt, shape)
    line = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _store(run: Run, writer: BatchWriter, owner: str, load: _Load) -> int:
    """Make a batch of the summaries that are still held, and let them wait for it, in one transaction."""
    with transaction.atomic():
        batch = ProviderBatch.objects.create(run=run, shape=writer.shape_record(), requests=load.requests)
        held = Summary.objects.held_by(owner).filter(run=run, pk__in=list(load.keys))
        if not held.put_back(batch=batch, not_before=None):
            batch.delete()
            return 0
        kept: Sequence[int] = list(batch.summaries.values_list("pk", flat=True))
        calls = [
            BatchCall(batch=batch, summary_id=pk, custom_id=f"{pk}-{n}", prompt_key=key)
            for pk in kept
            for n, key in enumerate(load.keys[pk], start=1)
        ]
        BatchCall.objects.bulk_create(calls, batch_size=500)
        ProviderBatch.objects.filter(pk=batch.pk).update(requests=len(calls))
        batch.announce()
    return 1
