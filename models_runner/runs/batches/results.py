"""Read what a provider made of a batch: an answer or a fault for each call, then the summaries."""

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.db import transaction

from models_runner.adapters.openai_api.answers import SHOWN_CHARACTERS
from models_runner.adapters.openai_api.batches import BatchWriter, Order, read_shape
from models_runner.adapters.openai_api.requests import Shape
from models_runner.adapters.protocol import AdapterError, TransientAdapterError
from models_runner.models import BatchCall, ProviderBatch, Summary
from models_runner.models.runs import SummaryQuerySet
from models_runner.runs.batches.replay import next_step
from models_runner.runs.outcomes import settle_outcome
from models_runner.runs.requests import summary_requests

logger = logging.getLogger(__name__)

LONGEST_LINE = 16 << 20
STORED = 200
SETTLED = 50
PASSING = (408, 409, 425, 429)
PASSING_CODES = ("batch_expired", "server_error", "rate_limit_exceeded", "internal_error", "timeout")
Fault = BatchCall.Fault


class Reply(NamedTuple):
    """What became of one call: an answer as JSON, or a fault with its reason."""

    answer: str
    fault: str = ""
    reason: str = ""


class ResultLine(NamedTuple):
    """One line of a file of results."""

    custom_id: str
    status: int | None
    body: Any
    error: Any


def fetch_replies(batch: ProviderBatch, writer: BatchWriter, order: Order) -> None:
    """Store an answer or a fault for each call that the provider's files tell of.

    Raises:
        GoneError: The provider has deleted them.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jsonl"
        for file_id in order.result_files:
            writer.fetch(file_id, path)
        if path.exists():
            _store_replies(batch, writer, path)


def _store_replies(batch: ProviderBatch, writer: BatchWriter, path: Path) -> None:
    """Store the first reply to each call of ours; a second one, one of a stranger and nonsense are logged."""
    waiting = dict(batch.calls.filter(answer="", fault="").values_list("custom_id", "pk"))
    shape, odd, replies = read_shape(batch.shape), Counter[str](), dict[int, Reply]()
    for line in _lines(path):
        if line is None or line.custom_id not in waiting:
            odd["unreadable" if line is None else "unknown or repeated"] += 1
            continue
        replies[waiting.pop(line.custom_id)] = _reply(writer, line, shape)
        if len(replies) >= STORED:
            _save(replies)
            replies = {}
    _save(replies)
    if odd:
        logger.warning("batch %s: lines of its results that were not used: %s", batch.pk, dict(odd))


def _save(replies: dict[int, Reply]) -> None:
    rows = [
        BatchCall(pk=pk, answer=reply.answer, fault=reply.fault, fault_reason=reply.reason)
        for pk, reply in replies.items()
    ]
    BatchCall.objects.bulk_update(rows, ["answer", "fault", "fault_reason"])


def _lines(path: Path) -> Iterator[ResultLine | None]:
    """Yield the lines; None for one that is too long or no such line."""
    with path.open("rb") as file:
        while raw := file.readline(LONGEST_LINE):
            if raw.endswith(b"\n") or len(raw) < LONGEST_LINE:
                if raw.strip():
                    yield _line(raw)
            else:
                _skip_line(file)
                yield None


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _line(raw: bytes) -> ResultLine | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("custom_id"), str):
        return None
    response = value.get("response")
    response = response if isinstance(response, Mapping) else {}
    status = response.get("status_code")
    status_code = status if isinstance(status, int) and not isinstance(status, bool) else None
    return ResultLine(value["custom_id"], status_code, response.get("body"), value.get("error"))


def _reply(writer: BatchWriter, line: ResultLine, shape: Shape) -> Reply:
    if line.status is not None and 200 <= line.status < 300 and isinstance(line.body, Mapping):
        return Reply(json.dumps(line.body))
    told = line.body if line.status is not None and line.body else line.error
    text = told if isinstance(told, str) else json.dumps(told)
    shown = " ".join(writer.engine.without_key(text).split())[:SHOWN_CHARACTERS]
    reason = f"The provider's batch has no answer to this call: {shown}"
    if line.status is None or 200 <= line.status < 300:
        return Reply("", Fault.PASSING if _may_pass(line.error) else Fault.FINAL, reason)
    reason = f"The endpoint refused the request: Error code: {line.status} - {shown}"
    try:
        if writer.learns(line.status, text, shape):
            return Reply("", Fault.LEARNT, reason)
    except AdapterError as error:
        return Reply("", Fault.FINAL, str(error))
    passing = line.status in PASSING or line.status >= 500
    return Reply("", Fault.PASSING if passing else Fault.FINAL, reason)


def _may_pass(error: Any) -> bool:
    return isinstance(error, Mapping) and str(error.get("code")) in PASSING_CODES


def settle(batch: ProviderBatch, writer: BatchWriter, why_missing: AdapterError) -> int:
    """Write the summaries that the batch's answers allow, and let the others wait or fail; return how many were saved.

    Args:
        batch: The batch, whose replies are stored.
        writer: The system.
        why_missing: The fault of a call that has no reply.
    """
    saved = 0
    waiting = batch.summaries.filter(status=Summary.Status.PENDING)
    rows = waiting.select_related("document__transcript", "query").order_by("document__position", "pk")
    while summaries := list(rows[:SETTLED]):
        for summary, request in zip(summaries, summary_requests(batch.run, summaries), strict=True):
            step = _fault_of(batch, summary, why_missing) or next_step(writer, summary, request)
            with transaction.atomic():
                saved += _settle_one(batch, waiting.filter(pk=summary.pk), summary, step)
    return saved


def _fault_of(batch: ProviderBatch, summary: Summary, why_missing: AdapterError) -> Exception | str:
    """Return the worst fault of a summary's calls in the batch; LEARNT as itself; "" if all have answers."""
    calls = list(summary.batch_calls.filter(batch=batch, answer=""))
    by_fault = {call.fault: call for call in calls}
    if final := by_fault.get(Fault.FINAL):
        return AdapterError(final.fault_reason)
    if Fault.LEARNT in by_fault:
        return Fault.LEARNT.value
    if passing := by_fault.get(Fault.PASSING):
        return TransientAdapterError(passing.fault_reason)
    return why_missing if calls else ""


def _settle_one(batch: ProviderBatch, ours: SummaryQuerySet, summary: Summary, step: Any) -> int:
    """Store an outcome, or let the summary wait to be collected again: for its next calls, or in another shape."""
    if not ours.exists():
        return 0  # cancelled meanwhile
    if isinstance(step, str | list):
        ours.put_back(batch=None, attempts=0, not_before=None)
        saved = 0
    else:
        saved = settle_outcome(batch.run, ours, summary, step)
    Summary.objects.filter(pk=summary.pk, batch=batch).exclude(status=Summary.Status.DONE).update(batch=None)
    calls = BatchCall.objects.filter(summary=summary)
    (calls if saved else calls.filter(answer="")).delete()
    return saved
