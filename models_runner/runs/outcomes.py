"""Save the outcome of one summary: its text and figures, a later attempt, or the reason why it failed."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from jobs.messages import announce
from jobs.models import MAX_ATTEMPTS
from lib.faults import explained
from lib.text.repetition import goes_in_circles
from lib.text.visible import visible_text
from models_runner.adapters.protocol import AdapterError, NotYetError, SystemOutput, TransientAdapterError
from models_runner.models import Run, Summary, SummaryCall
from models_runner.models.runs import SummaryQuerySet

logger = logging.getLogger(__name__)


def settle_outcome(
    run: Run, held: SummaryQuerySet, summary: Summary, outcome: SystemOutput | Exception, joules: float | None = None
) -> int:
    """Store one outcome, or that the database refused it; return 1 if a summary was saved.

    A full disk or a lost connection is temporary, so the summary waits; a value that the database refuses fails the
    summary with the reason.

    Raises:
        OperationalError: Not even the fault can be stored; the row then stays claimed until its lease ends.
    """
    fault: Exception
    try:
        return store_outcome(run, held, summary, outcome, joules)
    except OperationalError as error:
        fault = TransientAdapterError(f"It could not be saved. {explained(error)}")
    except (DatabaseError, ValueError) as error:
        fault = AdapterError(f"The database refused the summary. {explained(error)}")
    logger.error("summary %s: %s", summary.pk, fault)
    return store_outcome(run, held, summary, fault)


def store_outcome(
    run: Run, held: SummaryQuerySet, summary: Summary, outcome: SystemOutput | Exception, joules: float | None = None
) -> int:
    """Save one outcome if the row is still among those held; return 1 if a summary was saved.

    Args:
        run: The summary's run.
        held: The rows that the worker still holds.
        summary: The row.
        outcome: What the adapter returned, or the fault that it raised.
        joules: This summary's share of its batch's energy; None if the machine has no counter.
    """
    ours = held.filter(pk=summary.pk)
    if isinstance(outcome, NotYetError):
        _wait_until(run, ours, outcome)
        return 0
    if isinstance(outcome, TransientAdapterError) and summary.attempts < MAX_ATTEMPTS:
        _try_again(run, ours, summary, outcome)
        return 0
    if isinstance(outcome, Exception):
        ours.fail(_reason(outcome, summary.attempts))
        return 0
    with transaction.atomic():
        saved = _save(ours, summary, outcome, joules)
        if saved:
            _save_calls(summary, outcome)
    return saved


def _wait_until(run: Run, ours: SummaryQuerySet, outcome: NotYetError) -> None:
    """Let a summary wait, and with it all of its run, which would meet the same."""
    reason = str(outcome)
    ours.put_back(failure_reason=reason, not_before=outcome.until, batch=None, attempts=Greatest(F("attempts") - 1, 0))
    now = timezone.now()
    if outcome.until > now:
        run.summaries.ready(now).update(not_before=outcome.until, failure_reason=reason)


def _try_again(run: Run, ours: SummaryQuerySet, summary: Summary, outcome: TransientAdapterError) -> None:
    delay = timedelta(seconds=settings.RETRY_SECONDS * 2 ** (summary.attempts - 1))
    ours.put_back(failure_reason=str(outcome), not_before=timezone.now() + delay, batch=None)
    announce(Run.TASK, run.pk, delay=delay)


def _save(ours: SummaryQuerySet, summary: Summary, outcome: SystemOutput, joules: float | None) -> int:
    # A text that nobody can see is none, whatever adapter it comes from.
    text = outcome.text if visible_text(outcome.text) else ""
    return ours.finish(
        text=text,
        thoughts=outcome.thoughts,
        stop_reason=_stop_reason(text, outcome.stop_reason),
        prompt_tokens=outcome.prompt_tokens,
        output_tokens=outcome.output_tokens,
        thinking_tokens=outcome.thinking_tokens,
        dropped_tokens=outcome.dropped_tokens,
        chapters=outcome.chapters,
        control_tokens=list(outcome.control_tokens),
        repeated=goes_in_circles(outcome.text, summary.document.language),
        seconds=outcome.seconds,
        peak_memory_bytes=outcome.peak_memory_bytes,
        energy_joules=joules,
        finished_at=timezone.now(),
    )


def _stop_reason(text: str, given: str) -> str:
    return given if text or given in Summary.WITHOUT_TEXT else Summary.StopReason.EMPTY


def _save_calls(summary: Summary, outcome: SystemOutput) -> None:
    SummaryCall.objects.filter(summary=summary).delete()
    SummaryCall.objects.bulk_create(
        [
            SummaryCall(
                summary=summary,
                position=position,
                step=call.step,
                prompt=call.prompt,
                output=call.output,
                thoughts=call.thoughts,
                stop_reason=call.stop_reason,
                prompt_tokens=call.prompt_tokens,
                cached_tokens=call.cached_tokens,
                output_tokens=call.output_tokens,
                thinking_tokens=call.thinking_tokens,
                seconds=call.seconds,
            )
            for position, call in enumerate(outcome.calls, start=1)
        ]
    )


def _reason(error: Exception, attempts: int) -> str:
    if isinstance(error, TransientAdapterError):
        return f"{error} (given up after {attempts} attempts)"
    if isinstance(error, AdapterError):
        return str(error)
    return explained(error)
