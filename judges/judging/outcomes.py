"""Store what became of one question: its verdict, no verdict with the reason, a later attempt, or a failure."""

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from annotations.blindness.identity_leaks import find_giveaways
from jobs.messages import announce
from jobs.models import MAX_ATTEMPTS
from judges.judging.questions import AskedPrompt
from judges.models import Answer, Judge, JudgingJob, Verdict
from judges.models.verdicts import VerdictQuerySet
from judges.verdicts.chances import letter_chances
from judges.verdicts.reading import ReadAnswer, read_choice, read_score
from lib.faults import explained
from lib.text.visible import storable
from models_runner.adapters.protocol import AdapterError, NotYetError, RefusedError, TransientAdapterError, Written

logger = logging.getLogger(__name__)

OTHER = {"a": "b", "b": "a"}
LONGEST_RAW = 20_000
NAMES_A_MODEL = "The judge's reason names {term}, which no text that it read does: it may judge who wrote a summary."


def settle_answer(
    job: JudgingJob,
    held: VerdictQuerySet,
    row: Verdict,
    asked: AskedPrompt | None,
    outcome: Written | Exception,
    names: Iterable[str],
) -> int:
    """Store one outcome if the row is still held, or that the database refused it; return 1 if it was answered.

    Args:
        job: The row's job.
        held: The rows that the worker still holds.
        row: The question.
        asked: As it was asked; None if it could not be put into words.
        outcome: The engine's answer, or the fault that it raised.
        names: Slugs and names of the study's systems, which no reason may name.
    Raises:
        OperationalError: Not even the fault can be stored; the row then stays claimed until its lease ends.
    """
    ours = held.filter(pk=row.pk)
    fault: Exception
    try:
        return _store(job, ours, row, asked, outcome, names)
    except OperationalError as error:
        fault = TransientAdapterError(f"It could not be saved. {explained(error)}")
    except (DatabaseError, ValueError) as error:
        fault = AdapterError(f"The database refused the answer. {explained(error)}")
    logger.error("verdict %s: %s", row.pk, fault)
    return _store(job, ours, row, None, fault, names)


def _store(
    job: JudgingJob,
    ours: VerdictQuerySet,
    row: Verdict,
    asked: AskedPrompt | None,
    outcome: Written | Exception,
    names: Iterable[str],
) -> int:
    if isinstance(outcome, RefusedError):
        return ours.finish(answer=Answer.NONE, problem=storable(str(outcome)), answered_at=timezone.now())
    if isinstance(outcome, NotYetError):
        _wait_until(job, ours, outcome)
        return 0
    if isinstance(outcome, TransientAdapterError) and row.attempts < MAX_ATTEMPTS:
        _try_again(job, ours, row, outcome)
        return 0
    if isinstance(outcome, Exception) or asked is None:
        ours.fail(storable(_reason(outcome, row.attempts)))
        return 0
    with transaction.atomic():
        return ours.finish(**verdict_values(job.judge, row.shown_first, asked, outcome, names))


def verdict_values(
    judge: Judge, shown_first: str, asked: AskedPrompt, written: Written, names: Iterable[str]
) -> dict[str, Any]:
    """Return the columns of an answered question; a and b are the pair's own."""
    form, limit = asked.form, asked.form.limit
    if form.scale is not None:
        read = read_score(written.text, form.scale, stop_reason=written.stop_reason, limit=limit)
        values: dict[str, Any] = _of_score(read, form.scale)
    else:
        read = read_choice(written.text, form.letters, stop_reason=written.stop_reason, limit=limit)
        chances = letter_chances(written.tokens, written.text, read.position, form.letters)
        values = {"answer": _outcome(read.letter, shown_first)} | _chances(chances, shown_first)
    problem = read.problem
    if not problem and (named := find_giveaways(read.reason, asked.prompt.text, names)):
        problem = NAMES_A_MODEL.format(term=named[0].term)
    if problem:
        values = {"answer": Answer.NONE, "problem": problem}
    return values | {
        # JSON may spell characters that no database takes.
        "reason": storable(read.reason),
        "raw": storable(written.text[:LONGEST_RAW]),
        "prompt_tokens": written.prompt_tokens,
        "output_tokens": written.output_tokens,
        "cached_tokens": written.cached_tokens,
        "dropped_tokens": asked.dropped_tokens,
        "seconds": written.seconds,
        "cost": judge.cost(written.prompt_tokens, written.output_tokens, written.seconds),
        "answered_at": timezone.now(),
    }


def _of_score(read: ReadAnswer, scale: tuple[float, float]) -> dict[str, Any]:
    low, high = scale
    return {"answer": Answer.SCORED, "score": read.score, "scale_min": low, "scale_max": high}


def _outcome(letter: str, shown_first: str) -> str:
    """Return the pair's own side of a letter, which names the side that was shown."""
    shown = {"A": shown_first, "B": OTHER[shown_first], "C": Answer.TIE.value, "D": Answer.BOTH_BAD.value}
    return shown.get(letter, Answer.NONE.value)


def _chances(chances: Mapping[str, float] | None, shown_first: str) -> dict[str, float]:
    if chances is None:
        return {}
    first, second = chances.get("A", 0.0), chances.get("B", 0.0)
    a, b = (first, second) if shown_first == "a" else (second, first)
    return {"p_a": min(a, 1.0), "p_b": min(b, 1.0), "p_tie": min(chances.get("C", 0.0), 1.0)}


def _wait_until(job: JudgingJob, ours: VerdictQuerySet, outcome: NotYetError) -> None:
    """Let a question wait, and with it all of its job, which would meet the same."""
    reason = storable(str(outcome))
    ours.put_back(failure_reason=reason, not_before=outcome.until, attempts=Greatest(F("attempts") - 1, 0))
    now = timezone.now()
    if outcome.until > now:
        job.verdicts.ready(now).update(not_before=outcome.until, failure_reason=reason)


def _try_again(job: JudgingJob, ours: VerdictQuerySet, row: Verdict, outcome: TransientAdapterError) -> None:
    delay = timedelta(seconds=settings.RETRY_SECONDS * 2 ** (row.attempts - 1))
    ours.put_back(failure_reason=storable(str(outcome)), not_before=timezone.now() + delay)
    announce(JudgingJob.TASK, job.pk, delay=delay)


def _reason(error: object, attempts: int) -> str:
    if isinstance(error, TransientAdapterError):
        return f"{error} (given up after {attempts} attempts)"
    return explained(error) if isinstance(error, Exception) and not isinstance(error, AdapterError) else str(error)
