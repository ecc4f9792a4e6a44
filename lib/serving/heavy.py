"""Which requests wait for others, without a thread, so that those who rate always find one.

A heavy request, such as a board, may take seconds. Few of them are answered at once, and of one visitor fewer; the
others wait in a queue of this process. Counts of a process are enough, for it is its threads that must stay free, and
nothing is left behind when it is killed; a count in the database would cost a write for each page.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.conf import LazySettings

# Waiting requests of one visitor; more are refused at once, so that nobody fills the table of connections.
MOST_WAITING = 50
# Tells the site that a request waited too long. Who sends it himself is refused as he asks.
REFUSED_HEADER = "X-Waited-Too-Long"
REQUEST_LINE = re.compile(rb"[A-Z]+ (?:https?://[^/ ]*)?([^ ?]*)")
# The session is that of an account, the token that of a program; the port in the cookie's name does not matter.
VISITOR = re.compile(rb"\r\n(?:cookie:[^\r\n]*?punchweight_session_\d+=([^;\s]+)|authorization:\s*([^\r\n]+))", re.I)
NOBODY = b""

Connection = TypeVar("Connection")


@dataclass(frozen=True)
class HeavyLimits:
    """What is heavy, and how much of it at once.

    Attributes:
        addresses: Matches the paths of heavy requests, from their first letter.
        at_once: Heavy requests that a process answers at once.
        each: Those of one visitor. Visitors without a session or token share at_once.
        seconds: How long one waits before it is refused.
    """

    addresses: re.Pattern[bytes]
    at_once: int
    each: int
    seconds: float


def limits_of(settings: LazySettings, threads: int) -> HeavyLimits:
    """Read the limits; half of the threads are for heavy requests where the settings do not say how many."""
    return HeavyLimits(
        re.compile(settings.HEAVY_ADDRESSES.encode()),
        settings.HEAVY_AT_ONCE or max(threads // 2, 1),
        settings.HEAVY_AT_ONCE_EACH,
        settings.HEAVY_WAIT_SECONDS,
    )


@dataclass
class _Waiting(Generic[Connection]):
    connection: Connection
    visitor: bytes
    until: float


class HeavyQueue(Generic[Connection]):
    """Heavy requests of one process, running and waiting. For one thread alone."""

    def __init__(self, limits: HeavyLimits) -> None:
        self._limits = limits
        self._running: dict[Connection, bytes] = {}
        self._waiting: list[_Waiting[Connection]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def visitor(self, received: bytes) -> bytes | None:
        """Return who sends a request of which at least the header is there; None if it is not heavy."""
        line = REQUEST_LINE.match(received)
        if line is None or not self._limits.addresses.match(line[1]):
            return None
        found = VISITOR.search(received.partition(b"\r\n\r\n")[0])
        return found[1] or found[2] if found else NOBODY

    def add(self, connection: Connection, visitor: bytes, now: float) -> bool:
        """Let a request wait; False if too many of this visitor do."""
        if sum(waiting.visitor == visitor for waiting in self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append(_Waiting(connection, visitor, now + self._limits.seconds))
        return True

    def started(self) -> Iterator[Connection]:
        """Take the requests that may begin now: first of visitors with the fewest running, then who came first."""
        while len(self._running) < self._limits.at_once:
            running = Counter(self._running.values())
            free = [
                waiting
                for waiting in self._waiting
                if waiting.visitor == NOBODY or running[waiting.visitor] < self._limits.each
            ]
            if not free:
                return
            first = min(free, key=lambda waiting: running[waiting.visitor])
            self._waiting.remove(first)
            self._running[first.connection] = first.visitor
            yield first.connection

    def ended(self, connection: Connection) -> None:
        """Make room, if the request was a heavy one."""
        self._running.pop(connection, None)

    def waited_too_long(self, now: float) -> list[Connection]:
        """Take the requests whose time is up."""
        late = [waiting for waiting in self._waiting if now > waiting.until]
        self._waiting = [waiting for waiting in self._waiting if now <= waiting.until]
        return [waiting.connection for waiting in late]

    def without(self, gone: set[Connection]) -> None:
        """Forget requests whose visitor has left."""
        self._waiting = [waiting for waiting in self._waiting if waiting.connection not in gone]

    def waiting(self) -> list[Connection]:
        return [waiting.connection for waiting in self._waiting]
