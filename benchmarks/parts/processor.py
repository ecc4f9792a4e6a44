"""Tell how much processor time the processes started from here take, however busy the machine is with other work."""

import threading
import time
from contextlib import suppress
from datetime import datetime
from types import TracebackType

import numpy as np
import psutil

EVERY_SECONDS = 0.1


class ChildrenClock:
    """Note the processor time of all child processes, ten times a second, until the block ends."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._notes: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "ChildrenClock":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def between(self, begin: datetime, end: datetime) -> float:
        """Return the seconds of one core from begin to end."""
        times, used = np.array(self._notes).T
        first, last = np.interp([begin.timestamp(), end.timestamp()], times, used)
        return float(last - first)

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    times = child.cpu_times()
                    self._seen[child.pid] = times.user + times.system
            self._notes.append((time.time(), sum(self._seen.values())))
