"""Gunicorn's worker with threads, which gives a thread to a request only once it is there, and to few heavy ones.

A thread of gunicorn's own worker waits for the rest of a request without an end, so that eight half-sent ones stop a
site with eight threads. Here the loop that accepts connections looks into the kernel's buffer whenever more has come,
and a request whose header, or whose small body, does not arrive in time is closed without ever having had a thread.
Heavy requests wait there for each other, so that threads are left for everybody else (lib/serving/heavy.py).
New connections are left to the process that has the fewest (lib/serving/balance.py).
"""

import re
import select
import selectors
import socket
import struct
import sys
import time
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

from lib.serving import arrivals
from lib.serving.balance import ConnectionCounts
from lib.serving.heavy import REFUSED_HEADER, HeavyQueue, limits_of

WAIT_SECONDS = 10.0
# How often the loop looks at what it is not told of: clients that are gone, and, but on Linux, what has come.
LOOK_EVERY_SECONDS = 0.1
# What a thread reads by itself must go on arriving.
STALLED_SECONDS = 15
# A client has this long to close a connection that is over, so that what it still sends does not cost it the answer.
END_SECONDS = 2.0
# Larger bodies are read by a thread as they come.
MOST_BUFFERED = 64 << 10
HEADER_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
# Linux tells of a connection that the other side closed; elsewhere a request is answered though nobody waits for it.
CLOSED = getattr(select, "POLLRDHUP", 0)
# Who rates waits for the database some twenty times a vote, and after each time for the interpreter, which a thread
# that computes a heavy page keeps for this long: with Python's own 5 milliseconds a vote took twice as long beside one.
SWITCH_SECONDS = 0.0005
# As long as a process with fewer connections has to take a new one before this process does.
LEAVE_SECONDS = 0.005
# Every process inherits these from the one that started it, which reads this file as well.
CONNECTIONS = ConnectionCounts()
EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)


def is_whole(received: bytes) -> bool:
    """Tell whether a thread can begin with a request of which this much has come.

    That is, all of it; or its header, if the body is large or the client waits to be told that it may send it; or more
    than a header may have, so that gunicorn refuses it.
    """
    header, end, body = received.partition(HEADER_END)
    if not end:
        return len(received) >= MOST_BUFFERED
    length = LENGTH.search(header + b"\r\n")
    if length is None or EXPECTS.search(header):
        return True
    wanted = int(length[1])
    return len(body) >= wanted or len(header) + wanted >= MOST_BUFFERED


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections whose request is not whole yet, and until when each is waited for.
        self._half: dict[TConn, float] = {}
        # Connections that were answered for the last time, and until when their clients may close them.
        self._ending: dict[TConn, float] = {}
        self._heavy: HeavyQueue[TConn] | None = None
        self._arrivals: arrivals.Arrivals | None = None
        # Until when a new connection is left to others, and whether the next one has been left to them already.
        self._leaves_until = 0.0
        self._has_left = False

    def run(self) -> None:
        """Serve until told to end. What tells of arrivals belongs to this process, not to the one that started it."""
        sys.setswitchinterval(SWITCH_SECONDS)
        if arrivals.KNOWN:
            self._arrivals = arrivals.Arrivals()
            self.poller.register(self._arrivals, selectors.EVENT_READ, lambda arrived: arrived.take())
        super().run()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        if settings.configured:
            self._heavy = HeavyQueue(limits_of(settings, self.cfg.threads))

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, or leave it to a process with fewer, once: if none of them takes it, this one does."""
        if not self._has_left and CONNECTIONS.another_has_fewer(self.age, self.nr_conns):
            self._has_left = True
            self._leaves_until = time.monotonic() + LEAVE_SECONDS
            self.set_accept_enabled(False)
        else:
            self._has_left = False
            super().accept(listener)
            CONNECTIONS.tell(self.age, self.nr_conns)

    def set_accept_enabled(self, enabled: bool) -> None:
        if not (enabled and time.monotonic() < self._leaves_until):
            super().set_accept_enabled(enabled)

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection to a thread if its request is there, or wait for it. Called by the loop alone."""
        if self.cfg.is_ssl or _has_read_ahead(conn) or _is_ready(conn):
            self._begin(conn)
        else:
            self._half[conn] = time.monotonic() + WAIT_SECONDS
            if self._arrivals:
                self._arrivals.watch(conn.sock)

    def _is_half_no_more(self, conn: TConn) -> None:
        del self._half[conn]
        if self._arrivals:
            self._arrivals.forget(conn.sock)

    def _begin(self, conn: TConn) -> None:
        visitor = None if self._heavy is None or self.cfg.is_ssl else self._heavy.visitor(_received(conn))
        if self._heavy is None or visitor is None:
            self._give_thread(conn)
        elif self._heavy.add(conn, visitor, time.monotonic()):
            self._begin_heavy()
        else:
            self._refuse(conn)

    def _give_thread(self, conn: TConn) -> None:
        conn.data_ready = True
        stalled = struct.pack("ll", STALLED_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stalled)
        super().enqueue_req(conn)

    def _begin_heavy(self) -> None:
        if self._heavy is None:
            return
        gone = {conn for conn in self._heavy.waiting() if _is_gone(conn)}
        self._heavy.without(gone)
        for conn in gone:
            self._close(conn)
        for conn in self._heavy.started():
            self._give_thread(conn)
        for conn in self._heavy.waited_too_long(time.monotonic()):
            self._refuse(conn)

    def _refuse(self, conn: TConn) -> None:
        """Have the site say that there were too many requests, in the reader's language."""
        conn.is_refused = True
        self._give_thread(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if getattr(conn, "is_refused", False):
            conn.is_refused = False
            req.headers.append((REFUSED_HEADER.upper(), "1"))
        return super().handle_request(req, conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        if self._heavy is not None:
            self._heavy.ended(conn)
        is_kept = fs.cancelled() or fs.exception() is not None or fs.result()
        if is_kept or self.cfg.is_ssl:
            super().finish_request(conn, fs)
        else:
            self._end(conn)

    def _end(self, conn: TConn) -> None:
        """Close the connection once the client has, which gunicorn's own loop would stand still for."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self._ending[conn] = time.monotonic() + END_SECONDS

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        waits = self._heavy or self._ending or (self._half and not self._arrivals)
        left = self._leaves_until - time.monotonic()
        timeout = min(timeout, LOOK_EVERY_SECONDS) if waits else timeout
        super().wait_for_and_dispatch_events(min(timeout, left) if left > 0 else timeout)
        self._tell_connections()
        self._look_at_half()
        self._look_at_ending()
        self._begin_heavy()

    def _tell_connections(self) -> None:
        if self.alive:
            CONNECTIONS.tell(self.age, self.nr_conns)
        else:
            CONNECTIONS.leave(self.age)

    def _look_at_ending(self) -> None:
        now = time.monotonic()
        for conn, end in list(self._ending.items()):
            if now > end or _has_ended(conn):
                del self._ending[conn]
                self._close(conn)

    def _look_at_half(self) -> None:
        now = time.monotonic()
        for conn, end in list(self._half.items()):
            if _is_ready(conn):
                self._is_half_no_more(conn)
                self._begin(conn)
            elif now > end:
                self._is_half_no_more(conn)
                self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _has_read_ahead(conn: TConn) -> bool:
    return conn.parser is not None and bool(conn.parser.unreader.buf.getvalue())


def _peek(conn: TConn) -> bytes:
    received: bytes = conn.sock.recv(MOST_BUFFERED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return received


def _received(conn: TConn) -> bytes:
    """Return what has come of the request, as far as a buffer has it, without taking it."""
    if _has_read_ahead(conn):
        ahead: bytes = conn.parser.unreader.buf.getvalue()
        return ahead
    try:
        return _peek(conn)
    except OSError:
        return b""


def _is_ready(conn: TConn) -> bool:
    """Look at what has come without taking it; a connection that has ended is for a thread to close."""
    try:
        received = _peek(conn)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not received or is_whole(received)


def _has_ended(conn: TConn) -> bool:
    """Drop what has come since the last answer; tell whether the client has closed the connection."""
    try:
        return not conn.sock.recv(MOST_BUFFERED, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _is_gone(conn: TConn) -> bool:
    """Tell whether the other side has closed the connection, though what it sent is still to be read."""
    poll = select.poll()
    poll.register(conn.sock, CLOSED)
    return bool(poll.poll(0))
