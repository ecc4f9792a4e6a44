"""Start worker processes, and wait for background work in a command."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from tqdm import tqdm

from jobs import sweeper
from jobs.workers.presence import workers_for

SWEEP_EVERY_SECONDS = 5.0
PR_SET_PDEATHSIG = 1
# Of workers that belong to a command, whose end somebody waits for at a terminal.
DRAIN_SECONDS = 5.0


class WorkerEndedError(RuntimeError):
    """A worker started for this command ended by itself."""


def worker_command(*queues: str) -> list[str]:
    """Return the command of a worker that takes these queues."""
    return [sys.executable, "-m", "jobs.workers.start", "evalsite", ",".join(queues)]


def drain_seconds() -> float:
    """Return how long a command's workers finish what they write: DRAIN_SECONDS of the environment, or a few."""
    return settings.DRAIN_SECONDS if "DRAIN_SECONDS" in os.environ else DRAIN_SECONDS


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Send this child a signal when its parent has been killed (Linux only); a killed worker loses no work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def start_worker(*queues: str) -> tuple["subprocess.Popen[bytes]", Path]:
    log = settings.DATA_DIR / "logs" / f"worker-{'-'.join(queues)}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # The worker gets its own process session, so that Ctrl-C reaches only this command, which then ends the worker.
        process = subprocess.Popen(
            worker_command(*queues),
            stdout=output,
            stderr=output,
            cwd=settings.BASE_DIR,
            env=os.environ | {"DRAIN_SECONDS": str(drain_seconds())},
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    return process, log


def stop_process(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and kill it if it does not end in time; the next sweep frees what it held."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(drain_seconds() + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def worker_for(queue: str) -> Iterator[Callable[[], None]]:
    """Make sure that a worker takes this queue while the block runs: use one that is alive, or start one.

    Yields a check that raises WorkerEndedError if the worker that was started has ended.
    """
    if workers_for(queue):
        yield lambda: None
        return
    process, log = start_worker(queue)

    def check() -> None:
        if process.poll() is not None:
            raise WorkerEndedError(f"The worker ended with status {process.returncode}. Its log is {log}.")

    try:
        yield check
    finally:
        stop_process(process)


def _show(bar: "tqdm[Any]", done: int) -> None:
    # In a file or a pipe, every refresh adds a line.
    if done != bar.n or sys.stderr.isatty():
        bar.n = done
        bar.refresh()


def wait_with_bar(
    queue: str,
    what: str,
    total: int | None,
    done: Callable[[], int],
    finished: Callable[[], bool],
    total_later: Callable[[], int] = lambda: 0,
) -> None:
    """Show a progress bar until finished() is true; it sweeps meanwhile, so that a lost message does not matter.

    If total is None, total_later() returns it once it is known. Raises WorkerEndedError.
    """
    with worker_for(queue) as check, tqdm(total=total, desc=what, unit="", dynamic_ncols=True) as bar:
        swept = time.monotonic()
        while True:
            ended = finished()
            if bar.total is None:
                bar.total = total_later() or None
            _show(bar, done())
            if ended:
                return
            check()
            if time.monotonic() - swept > SWEEP_EVERY_SECONDS:
                sweeper.sweep()
                swept = time.monotonic()
            time.sleep(0.3)
