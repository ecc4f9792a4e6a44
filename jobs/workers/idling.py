"""Let a worker give its memory back: what is free after a task, and the rest, when there is nothing to do.

For the rest it starts anew, as the same process: libraries such as PyTorch stay for as long as their process lives.
"""

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from celery.signals import task_postrun, task_prerun, worker_ready
from django.conf import settings

from jobs.workers import draining
from lib.machine.memory import give_back

logger = logging.getLogger(__name__)

MB = 1_000_000
# A task that took less leaves nothing worth the milliseconds.
GROWN_BYTES = 64 * MB


class Idleness:
    """What this worker knows of itself: tasks under way, when the last one ended, its memory when it began."""

    def __init__(self) -> None:
        self.working = False
        self.idle_since: float | None = None  # None: nothing was done yet
        self.bytes_at_start: int | None = None  # None: no signal would end it
        self.bytes_kept = 0  # after memory was given back last

    def is_worth_it(self, now: float, held: int) -> bool:
        """Tell whether the worker has waited for long enough, with more memory than it needs for that."""
        if self.working or self.idle_since is None or self.bytes_at_start is None or not settings.WORKER_IDLE_SECONDS:
            return False
        grown = held - self.bytes_at_start
        return now - self.idle_since >= settings.WORKER_IDLE_SECONDS and grown >= settings.WORKER_IDLE_BYTES

    def give_back_if_grown(self) -> None:
        """Give memory back that tasks took and use no more."""
        if held_bytes() - self.bytes_kept >= GROWN_BYTES:
            give_back()
            self.bytes_kept = held_bytes()


_idleness = Idleness()
_starting_anew = False


def held_bytes() -> int:
    """Return the memory of this process; 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def is_starting_anew() -> bool:
    return _starting_anew


def end_if_idle() -> None:
    """Ask this worker to end, as an operator does, if it is idle and holds memory; start_anew then begins again.

    What it is given in the meantime waits, as with any worker that ends.
    """
    global _starting_anew
    held = held_bytes()
    if _starting_anew or draining.worker_is_ending() or not _idleness.is_worth_it(time.monotonic(), held):
        return
    _starting_anew = True
    logger.info("nothing to do, and %s MB held: the worker starts anew", held // MB)
    os.kill(os.getpid(), signal.SIGTERM)


def start_anew() -> None:
    """Become a new worker, if this one ended for that and nobody has told it to end since."""
    if not _starting_anew or draining.signals_received() > 1:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


@worker_ready.connect
def _note_start(**kwargs: object) -> None:
    # In a thread, as under make dev, a worker does not hear signals.
    if threading.current_thread() is threading.main_thread():
        _idleness.bytes_at_start = held_bytes()


@task_prerun.connect
def _note_task(**kwargs: object) -> None:
    _idleness.working = True


@task_postrun.connect
def _note_end(**kwargs: object) -> None:
    _idleness.give_back_if_grown()
    _idleness.working, _idleness.idle_since = False, time.monotonic()
