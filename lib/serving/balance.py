"""Tell the web processes of a site how many connections each has, so that they share new ones evenly.

The kernel gives a new connection to the process that began to wait last, so while little happens one process gets
nearly all of them and keeps them: eight people who rated shared one process of two, and its one interpreter was the
limit while a core was idle. The counts stand in memory that the processes of one server inherit from it.
"""

import mmap
import struct
import time

MOST_PROCESSES = 256
# Every process says this often that it is alive, at least: gunicorn's loop goes round once a second.
ALIVE_SECONDS = 3.0
# When it last said so, by the clock that all processes share, and how many connections it has.
ENTRY = struct.Struct("dq")
NOBODY = ENTRY.pack(0.0, 0)


class ConnectionCounts:
    """The counts of one server; make it before the processes begin, so that they inherit it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, MOST_PROCESSES * ENTRY.size)

    def tell(self, number: int, connections: int) -> None:
        """Write down how many connections the process of this number has now."""
        self._write(number, ENTRY.pack(time.monotonic(), connections))

    def leave(self, number: int) -> None:
        """Say that the process of this number takes no more connections."""
        self._write(number, NOBODY)

    def another_has_fewer(self, number: int, connections: int) -> bool:
        """Tell whether another process, which is alive, has fewer connections than the process of this number."""
        since = time.monotonic() - ALIVE_SECONDS
        own = number % MOST_PROCESSES
        return any(
            alive > since and others < connections
            for place, (alive, others) in enumerate(ENTRY.iter_unpack(self._memory[:]))
            if place != own
        )

    def _write(self, number: int, entry: bytes) -> None:
        begin = number % MOST_PROCESSES * ENTRY.size
        self._memory[begin : begin + ENTRY.size] = entry
