"""The process that draws this process's charts: started when there is one to draw, ended when there was none lately."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Timer
from typing import BinaryIO, cast

from leaderboards.presentation.charts.drawing.drawer import LENGTH

DRAWER = Path(__file__).with_name("drawer.py")
# A page has several figures, and people open several pages.
KEPT_SECONDS = 60.0


class DrawingError(RuntimeError):
    """The engine did not draw a chart; the message says why."""


class Engine:
    def __init__(self) -> None:
        # It draws one chart at a time anyway; waiting here keeps it from queueing many specs in memory.
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Timer | None = None

    def draw(self, function: str, spec: Mapping[str, object], **options: object) -> bytes:
        """Return what a function of vl-convert makes of a spec.

        Raises:
            DrawingError: It is no spec that can be drawn, or the process ended.
        """
        request = json.dumps([function, spec, options]).encode()
        with self._lock:
            try:
                return self._ask(request)
            except (BrokenPipeError, EOFError):
                # It was killed, for want of memory say, since the last chart or over this one.
                self._stop()
                raise DrawingError("The process that draws charts has ended.") from None
            finally:
                self._end_later()

    def _ask(self, request: bytes) -> bytes:
        process = self._started()
        asked, told = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        asked.write(LENGTH.pack(len(request)) + request)
        asked.flush()
        sign, length = _read(told, 1), LENGTH.unpack(_read(told, LENGTH.size))[0]
        answer = _read(told, length)
        if sign != b"+":
            raise DrawingError(answer.decode())
        return answer

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._process is None:
            command = [sys.executable, "-I", str(DRAWER)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def _end_later(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = Timer(KEPT_SECONDS, self.stop)
        self._end.daemon = True
        self._end.start()

    def stop(self) -> None:
        """End the process; the next chart starts another."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            try:
                cast(BinaryIO, pipe).close()
            except BrokenPipeError:
                continue  # of what it had not read
        process.wait()


def _read(told: BinaryIO, count: int) -> bytes:
    read = told.read(count)
    if len(read) < count:
        raise EOFError
    return read


ENGINE = Engine()
