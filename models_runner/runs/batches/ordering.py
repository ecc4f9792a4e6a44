"""Work on a batch: order it, ask how it stands with growing gaps, and read its results.

The provider's id is written before anything else is done with it. A worker that is killed between the order and that
leaves `asked_at` behind: the next one looks for the order at the provider before it orders.
"""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.messages import announce
from jobs.models import MAX_ATTEMPTS, LeasedJobQuerySet
from jobs.working import LeaseLostError, work_on
from lib.faults import explained
from models_runner.adapters.openai_api.batches import BatchWriter, GoneError, NoListError, Order, read_shape
from models_runner.adapters.protocol import AdapterError, NotYetError, Prompt, TransientAdapterError
from models_runner.adapters.registry import load_adapter
from models_runner.models import BatchCall, ProviderBatch, Run, Summary
from models_runner.runs import signals
from models_runner.runs.batches.collecting import line_of
from models_runner.runs.batches.money import promise, settle_cost, take_back
from models_runner.runs.batches.replay import next_step, prompt_key
from models_runner.runs.batches.results import fetch_replies, settle
from models_runner.runs.outcomes import settle_outcome
from models_runner.runs.records import finish_if_complete, note_learnt
from models_runner.runs.requests import adapter_spec, summary_requests

Held = LeasedJobQuerySet[ProviderBatch]

LONGEST_GAP = timedelta(minutes=15)
GROWTH = 1.5
# After the promised time, so long a provider that does not answer is asked on.
PROMISED = timedelta(hours=24)
PATIENCE = timedelta(days=3)
UNCERTAIN = (
    "It is not known whether the provider took the order {token}, and it does not tell: {why} Look there for a batch "
    "with this token. Retry the failed summaries once it is clear that there is none: they look once more, then order."
)


def work_on_batch(batch_id: int, *, owner: str) -> str:
    """Take a batch one step further; return a line for the log. Calling it twice is harmless."""
    rows = ProviderBatch.objects.select_related("run__system", "run__dataset")
    return work_on(rows, batch_id, _step, owner=owner)


def _step(batch: ProviderBatch, held: Held) -> str:
    try:
        writer = BatchWriter(load_adapter(batch.run.system.adapter, adapter_spec(batch.run.system)))
    except Exception as error:
        # Such as a key that is missing: what is ordered stays where it is until somebody has seen to it.
        reason = str(error) if isinstance(error, AdapterError) else explained(error)
        return _keep_for_later(batch, held, reason) if batch.asked_at else _give_up(batch, held, AdapterError(reason))
    writer.engine.take_up(read_shape(batch.shape))
    try:
        return _advance(batch, held, writer)
    except NotYetError as error:
        held.put_back(attempts=0, not_before=error.until, failure_reason=str(error))
        return str(error)
    except TransientAdapterError as error:
        return _wait_after(batch, held, error)
    except NoListError as error:
        return _keep_for_later(batch, held, UNCERTAIN.format(token=batch.token, why=error))
    except GoneError as error:
        return _give_up(batch, held, error)
    except AdapterError as error:
        return _keep_for_later(batch, held, str(error)) if batch.provider_id else _give_up(batch, held, error)


def _advance(batch: ProviderBatch, held: Held, writer: BatchWriter) -> str:
    if batch.asked_at and not batch.provider_id and (placed_order := _find(batch, writer)):
        _note_order(batch, held, placed_order)
    if batch.cancel_requested:
        return _cancel(batch, held, writer)
    if not batch.provider_id:
        return _order(batch, held, writer)
    order = writer.look(batch.provider_id)
    if not order.has_ended:
        return _wait(batch, held, provider_status=order.status, failure_reason="")
    return _finish(batch, held, writer, order)


def _find(batch: ProviderBatch, writer: BatchWriter) -> Order | None:
    """Look at the provider for an order that may have been made."""
    try:
        return writer.find(batch.input_file, str(batch.token), batch.created_at - timedelta(hours=1))
    except TransientAdapterError:
        raise
    except AdapterError as error:
        raise NoListError(str(error)) from error


def _order(batch: ProviderBatch, held: Held, writer: BatchWriter) -> str:
    if not batch.summaries.filter(status=Summary.Status.PENDING).exists():
        held.finish()
        return "nothing to order"
    promise(batch, writer, (prompt for prompt, _ in _calls(batch, writer)))
    if not batch.input_file:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "requests.jsonl"
            _write_lines(batch, writer, path)
            batch.input_file = writer.upload(path, f"punchweight-{batch.token}.jsonl")
        _note(held, input_file=batch.input_file)
    # From here on the provider may have it, whatever becomes of this worker.
    batch.asked_at = timezone.now()
    _note(held, asked_at=batch.asked_at)
    _note_order(batch, held, writer.order(batch.input_file, str(batch.token)))
    return _wait(batch, held)


def _write_lines(batch: ProviderBatch, writer: BatchWriter, path: Path) -> None:
    shape = read_shape(batch.shape)
    with path.open("wb") as file:
        for prompt, name in _calls(batch, writer):
            file.write(line_of(writer, prompt, name, shape))


def _calls(batch: ProviderBatch, writer: BatchWriter) -> Iterator[tuple[Prompt, str]]:
    """Yield the batch's calls, each with its name there."""
    rows = batch.summaries.filter(status=Summary.Status.PENDING).select_related("document__transcript", "query")
    for summary in rows.order_by("document__position", "pk").iterator(chunk_size=50):
        names = dict(summary.batch_calls.filter(batch=batch).values_list("prompt_key", "custom_id"))
        [request] = summary_requests(batch.run, [summary])
        step = next_step(writer, summary, request)
        for prompt in step if isinstance(step, list) else ():
            if name := names.get(prompt_key(prompt)):
                yield prompt, name


def _note(held: Held, **changes: object) -> None:
    """Write something down at once. Raises LeaseLostError if another worker has the batch."""
    if not held.update(**changes):
        raise LeaseLostError


def _note_order(batch: ProviderBatch, held: Held, order: Order) -> None:
    batch.provider_id = order.id
    batch.polls = 0
    _note(
        held,
        provider_id=order.id,
        provider_status=order.status,
        ordered_at=batch.asked_at,
        promised_until=order.promised_until or (batch.asked_at or timezone.now()) + PROMISED,
        polls=0,
        failure_reason="",
    )


def _wait(batch: ProviderBatch, held: Held, **changes: object) -> str:
    """Let the batch wait, longer each time; no worker holds it meanwhile."""
    gap = min(timedelta(seconds=settings.BATCH_POLL_SECONDS * GROWTH**batch.polls), LONGEST_GAP)
    held.put_back(attempts=0, polls=batch.polls + 1, not_before=timezone.now() + gap, **changes)
    announce(ProviderBatch.TASK, batch.pk, delay=gap)
    return f"asked again in {gap.total_seconds():.0f} s"


def _wait_after(batch: ProviderBatch, held: Held, error: TransientAdapterError) -> str:
    """Try again later, as long as that makes sense."""
    if batch.provider_id:
        last = (batch.promised_until or batch.created_at) + PATIENCE
        if timezone.now() > last:
            return _keep_for_later(batch, held, f"{error} (given up {PATIENCE.days} days after the promised time)")
    elif batch.polls + 1 >= MAX_ATTEMPTS:
        if batch.asked_at:
            return _keep_for_later(batch, held, UNCERTAIN.format(token=batch.token, why=error))
        return _give_up(batch, held, AdapterError(f"{error} (given up after {MAX_ATTEMPTS} attempts)"))
    return _wait(batch, held, failure_reason=str(error))


def _keep_for_later(batch: ProviderBatch, held: Held, reason: str) -> str:
    """Fail the batch and its summaries, which stay in it: a person may have it looked at again."""
    with transaction.atomic():
        if held.fail(reason):
            batch.summaries.filter(status=Summary.Status.PENDING).fail(reason)
    finish_if_complete(batch.run)
    return reason


def _give_up(batch: ProviderBatch, held: Held, error: AdapterError) -> str:
    """Fail the batch for good; its summaries may be ordered again, each by the usual rule for such an error."""
    if not held.exists():
        raise LeaseLostError
    reason = str(error)
    if isinstance(error, GoneError) and not batch.provider_id:
        reason = f"{error} If this endpoint has no batches, add a copy of the system without engine.batch."
    elif isinstance(error, GoneError):
        reason = (
            f"The provider no longer has batch {batch.provider_id} or its results: {error} "
            "What it had written is paid for and lost; retrying orders it anew."
        )
    return _release(batch, held, AdapterError(reason), reason)


def _release(batch: ProviderBatch, held: Held, error: AdapterError, reason: str) -> str:
    ours = batch.summaries.filter(status=Summary.Status.PENDING)
    for summary in ours.select_related("document"):
        settle_outcome(batch.run, ours.filter(pk=summary.pk), summary, error)
    batch.summaries.filter(status=Summary.Status.FAILED).update(batch=None)
    BatchCall.objects.filter(batch=batch, answer="").delete()
    held.fail(reason)
    _tell(batch.run)
    return reason


def _cancel(batch: ProviderBatch, held: Held, writer: BatchWriter) -> str:
    if batch.provider_id:
        writer.cancel(batch.provider_id)
    batch.calls.all().delete()
    held.finish(provider_status="cancelled" if batch.provider_id else "")
    return "cancelled"


def _finish(batch: ProviderBatch, held: Held, writer: BatchWriter, order: Order) -> str:
    if order.status == "failed":
        take_back(batch, writer)
        return _refused_as_a_whole(batch, held, writer, order)
    fetch_replies(batch, writer, order)
    settle_cost(batch, writer)
    saved = settle(batch, writer, _why_missing(order))
    BatchCall.objects.filter(batch=batch, answer="").delete()
    _note_lessons(batch, held, writer)
    if held.finish(provider_status=order.status):
        _tell(batch.run)
        _forget_files(batch, writer, order)
    return f"{order.status}, {saved} summaries"


def _why_missing(order: Order) -> AdapterError:
    if order.status == "expired":
        return TransientAdapterError("The provider's batch expired before this was written.")
    if order.status in ("cancelled", "canceled"):
        return AdapterError(f"Batch {order.id} was cancelled at the provider before this was written.")
    return TransientAdapterError(f"The results of the provider's batch {order.id} have no line for this.")


def _refused_as_a_whole(batch: ProviderBatch, held: Held, writer: BatchWriter, order: Order) -> str:
    told = writer.engine.without_key("; ".join(dict.fromkeys(order.problems)) or "it does not say why")[:500]
    reason = f"The provider refused the batch: {told}"
    try:
        learnt = writer.learns(400, told, read_shape(batch.shape))
    except AdapterError as error:
        return _release(batch, held, error, reason)
    if learnt:
        batch.summaries.filter(status=Summary.Status.PENDING).put_back(batch=None, attempts=0, not_before=None)
        _note_lessons(batch, held, writer)
        BatchCall.objects.filter(batch=batch).delete()
        held.fail(reason)
        _tell(batch.run)
        return reason
    passing = any(code in told for code in ("token_limit_exceeded", "rate_limit", "quota", "server_error"))
    fault = TransientAdapterError(reason) if passing else AdapterError(reason)
    return _release(batch, held, fault, reason)


def _note_lessons(batch: ProviderBatch, held: Held, writer: BatchWriter) -> None:
    _note(held, shape_after=writer.shape_record())
    if len(writer.engine.shape.lessons) > len(read_shape(batch.shape).lessons):
        note_learnt(batch.run, writer.adapter.environment())


def _forget_files(batch: ProviderBatch, writer: BatchWriter, order: Order) -> None:
    """Leave no transcripts at the provider; that a file could not be deleted harms nothing here."""
    for file_id in filter(None, (batch.input_file, *order.result_files)):
        try:
            writer.forget(file_id)
        except AdapterError:
            continue


def _tell(run: Run) -> None:
    """Announce a run that has summaries to collect, and finish one that has none."""
    if run.summaries.ready(timezone.now()).exists():
        run.announce()
    if not finish_if_complete(run):
        signals.summaries_saved.send(sender=Run, run=run)


def fail_abandoned() -> int:
    """Fail the summaries that wait for a batch which was given up; part of every sweep."""
    given_up = ProviderBatch.objects.filter(
        status=ProviderBatch.Status.FAILED, summaries__status=Summary.Status.PENDING
    ).select_related("run")
    count = 0
    for batch in given_up.distinct():
        count += batch.summaries.filter(status=Summary.Status.PENDING).fail(batch.failure_reason)
        finish_if_complete(batch.run)
    return count
