"""Announce work to the workers by the task's dotted name, so that the caller need not import the task."""

import logging
import time
from contextvars import ContextVar
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from lib.serving.traces import carried

logger = logging.getLogger(__name__)

# A broker that did not answer is left alone for a while, or everybody who announces something would wait in turn.
PAUSE_SECONDS = 10.0

_silent_until = 0.0
_unsent: ContextVar[list[str] | None] = ContextVar("unsent", default=None)


def announce(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message after the transaction has committed, or at once if there is no transaction."""
    transaction.on_commit(partial(send, task, *args, delay=delay))


def send(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message. If the broker is down or hangs, no work is lost: the sweeper announces it again."""
    global _silent_until
    if time.monotonic() < _silent_until:
        _note_unsent(task)
        return
    try:
        countdown = delay.total_seconds() or None
        current_app.send_task(task, args=args, countdown=countdown, retry=False, headers=carried())
    # Transports raise errors of their own: redis's time-out is neither kombu's nor an OSError.
    except (OperationalError, OSError, *current_app.connection_for_write().connection_errors) as error:
        _silent_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("the broker does not answer (%s); %s%s waits for the sweeper", error, task, args)
        _note_unsent(task)


def note_unsent() -> list[str]:
    """From now on, and in this context alone, collect in the returned list the tasks whose messages were not sent."""
    tasks: list[str] = []
    _unsent.set(tasks)
    return tasks


def _note_unsent(task: str) -> None:
    tasks = _unsent.get()
    if tasks is not None:
        tasks.append(task)
