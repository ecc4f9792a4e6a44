"""Work on a job of judging: claim questions about one document, ask them outside any transaction, save, and repeat."""

import logging
from collections.abc import Iterator, Sequence
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
from judges.judging.budget import affordable
from judges.judging.lifecycle import finish_if_complete, stop_at_limit
from judges.judging.outcomes import settle_answer
from judges.judging.questions import AskedPrompt, DocumentQuestions
from judges.models import JudgingJob, Verdict
from lib.faults import disk_is_full, explained
from lib.serving.traces import span
from lib.text.visible import storable
from models_runner.adapters.language_model import settled_outcomes
from models_runner.adapters.protocol import AdapterError, TextEngine, TransientAdapterError, Written
from models_runner.adapters.registry import load_engine
from models_runner.models import Document
from models_runner.runs.machine.record import machine_record
from models_runner.runs.requests import adapter_spec

logger = logging.getLogger(__name__)


def work_on_judging(job_id: int, *, owner: str) -> str:
    """Ask what waits in a job until nothing is left; return a line for the log. Calling it twice is harmless."""
    job = JudgingJob.objects.open().select_related("judge", "study", "dataset").filter(pk=job_id).first()
    if job is None:
        return f"judging {job_id} has ended or is gone"
    if not job.verdicts.ready(timezone.now()).exists():
        finish_if_complete(job)
        return f"judging {job_id}: nothing waits"
    try:
        engine = load_engine(job.judge.adapter, adapter_spec(job.judge.as_system()))
    except Exception as error:
        # Catch everything: re-raising would requeue the job forever.
        reason = _reason_not_loaded(error)
        if is_from_outside(error):
            _hold_back(job, reason)
        else:
            job.verdicts.filter(status=Verdict.Status.PENDING).fail(reason)
            finish_if_complete(job)
        return f"judging {job_id}: {reason}"
    try:
        answered = _work(job, engine, owner)
    except OperationalError as error:
        if connection_is_lost(error):
            until_answered(partial(_give_back, job, owner))
        return f"judging {job_id} stops here; a sweep takes it up again. {explained(error)}"
    except JudgingJob.DoesNotExist:
        return f"judging {job_id} is gone, with what it was about"
    finish_if_complete(job)
    if worker_is_ending():
        JudgingJob.objects.open().filter(pk=job.pk).announce()
    return f"judging {job_id}: {answered:,} answers"


def _give_back(job: JudgingJob, owner: str) -> None:
    give_back(owner)
    JudgingJob.objects.open().filter(pk=job.pk).announce()


def _hold_back(job: JudgingJob, reason: str) -> None:
    """Let the job's questions wait for a while, because no judge can be loaded now."""
    now = timezone.now()
    delay = timedelta(seconds=settings.RESEND_SECONDS)
    job.verdicts.ready(now).update(failure_reason=storable(reason), not_before=now + delay)
    announce(JudgingJob.TASK, job.pk, delay=delay)


def _reason_not_loaded(error: Exception) -> str:
    if isinstance(error, AdapterError) and not disk_is_full(error):
        return str(error)
    logger.error("a judge could not be loaded", exc_info=error)
    return f"The judge could not be loaded. {explained(error)}"


def _work(job: JudgingJob, engine: TextEngine, owner: str) -> int:
    answered = 0
    asking: DocumentQuestions | None = None
    for rows in _batches(job, engine.batch_size, owner):
        # It waits again where somebody stopped it and went on while its last questions were asked.
        if asking is None or job.status == JudgingJob.Status.PENDING:
            _note_start(job, engine)
        if asking is None or not asking.covers(rows):
            document = Document.objects.select_related("transcript").get(pk=rows[0].document_id)
            asking = DocumentQuestions(job, document, engine)
        answered += _ask(job, asking, rows, owner)
    return answered


def _batches(job: JudgingJob, size: int, owner: str) -> Iterator[list[Verdict]]:
    """Yield claimed questions, a few about one document at a time, until none is left, or the money for them."""
    while count := affordable(job, size):
        if worker_is_ending():
            return
        now = timezone.now()
        with span("claim", judgingjob=job.pk):
            ids = Verdict.objects.claim_batch(job.pk, owner=owner, count=count, now=now, lease=lease_time())
        if not ids:
            return
        job.refresh_from_db(fields=["cost_limit", "status"])
        # None of them is held any more where somebody has stopped the job since.
        if rows := list(Verdict.objects.held_by(owner).filter(pk__in=ids).in_order()):
            yield rows
    if not job.verdicts.running().exists() and job.verdicts.ready(timezone.now()).exists():
        stop_at_limit(job)


def _note_start(job: JudgingJob, engine: TextEngine) -> None:
    record = {"judge": engine.environment(), "weights": engine.revision, "machine": machine_record()}
    JudgingJob.objects.filter(pk=job.pk, status=JudgingJob.Status.PENDING).update(status=JudgingJob.Status.RUNNING)
    JudgingJob.objects.filter(pk=job.pk, started_at=None).update(started_at=timezone.now())
    JudgingJob.objects.filter(pk=job.pk, environment={}).update(environment=record)
    if job.verdicts.ready(timezone.now()).exists():
        job.announce()  # to the next idle worker, which does the same


def _ask(job: JudgingJob, asking: DocumentQuestions, rows: Sequence[Verdict], owner: str) -> int:
    held = Verdict.objects.held_by(owner).filter(pk__in=[row.pk for row in rows])
    with span("ask", judgingjob=job.pk, verdicts=len(rows)), KeepLease(lambda: held.renew(lease_time())):
        outcomes = _answers(asking, rows)
    pairs = zip(rows, outcomes, strict=True)
    with span("save", judgingjob=job.pk):
        return sum(
            until_answered(partial(settle_answer, job, held, row, asked, outcome, asking.names))
            for row, (asked, outcome) in pairs
        )


Outcome = tuple[AskedPrompt | None, Written | Exception]


def _answers(asking: DocumentQuestions, rows: Sequence[Verdict]) -> list[Outcome]:
    """Return an answer or a fault for each question.

    Where nobody knows which of several failed, each is asked by itself, unless the fault passes.
    """
    try:
        asked = asking.ask([row.pk for row in rows])
        outcomes = settled_outcomes(asking.engine, [one.prompt for one in asked])
    except Exception as error:
        if len(rows) > 1 and not isinstance(error, TransientAdapterError) and not disk_is_full(error):
            return [outcome for row in rows for outcome in _answers(asking, [row])]
        return [(None, _fault(error, row)) for row in rows]
    pairs = zip(rows, asked, outcomes, strict=True)
    return [(one, _fault(out, row) if isinstance(out, Exception) else out) for row, one, out in pairs]


def _fault(error: Exception, row: Verdict) -> Exception:
    """Return a fault as it counts for a question: of a full disk one that passes."""
    if disk_is_full(error):
        return TransientAdapterError(explained(error))
    if not isinstance(error, AdapterError):
        logger.error("verdict %s: unexpected fault", row.pk, exc_info=error)
    return error
