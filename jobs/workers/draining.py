"""Let work stop at its next safe point once the worker was told to end, and give back what takes longer."""

import logging
import os
import signal
import threading

from celery.signals import worker_init
from django.conf import settings
from django.db import DatabaseError

from jobs.claims import give_back
from jobs.ownership import process_id

logger = logging.getLogger(__name__)

_ending = False
_signals = 0


class WorkerEndingError(Exception):
    """The worker ends, and the work stopped at a safe point; another attempt goes on from there."""


def worker_is_ending() -> bool:
    """Tell whether this process is a worker that was told to end; it then claims nothing more."""
    return _ending


def signals_received() -> int:
    """Return how often this worker was told to end."""
    return _signals


def stop_if_ending() -> None:
    """Stop the work of a held row here if the worker ends.

    Raises:
        WorkerEndingError: The worker ends; work_on_held lets the row wait again.
    """
    if _ending:
        raise WorkerEndingError


@worker_init.connect
def _watch_signals(**kwargs: object) -> None:
    """Have a thread notice signals: the main thread handles none while it is inside a model's library."""
    if threading.current_thread() is not threading.main_thread():
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_notice, args=(reader,), name="signals", daemon=True).start()


def _notice(reader: int) -> None:
    global _signals
    while number := os.read(reader, 1):
        if number[0] in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            _signals += 1
            _end()


def _end() -> None:
    """Claim nothing more, and leave when the time is over."""
    global _ending
    if _ending:
        return
    _ending = True
    logger.info("ending: what is being written is finished, for at most %s s", settings.DRAIN_SECONDS)
    patience = threading.Timer(settings.DRAIN_SECONDS, _leave)
    patience.daemon = True
    patience.start()


def _leave() -> None:
    """End the process in the middle of its work; what it held waits again, and the attempt does not count."""
    try:
        given_back = give_back(process_id())
        logger.warning("not done within %s s: %s rows given back", settings.DRAIN_SECONDS, given_back)
    except DatabaseError:
        logger.warning("not done within %s s, and the database does not answer", settings.DRAIN_SECONDS, exc_info=True)
    finally:
        os._exit(0)
