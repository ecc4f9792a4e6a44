"""Gunicorn's worker with threads, which gives a thread to a request only once it is there.

A thread of gunicorn's own worker waits for the rest of a request without an end, so that eight half-sent ones stop a
site with eight threads. Here the loop that accepts connections looks into the kernel's buffer, and a request whose
header, or whose small body, does not arrive in time is closed without ever having had a thread.
"""

import re
import socket
import struct
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

WAIT_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.1
# What a thread reads by itself must go on arriving.
STALLED_SECONDS = 15
# Larger bodies are read by a thread as they come.
MOST_BUFFERED = 64 << 10
HEADER_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
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

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection to a thread if its request is there, or wait for it. Called by the loop alone."""
        if self.cfg.is_ssl or _has_read_ahead(conn) or _is_ready(conn):
            self._begin(conn)
        else:
            self._half[conn] = time.monotonic() + WAIT_SECONDS

    def _begin(self, conn: TConn) -> None:
        conn.data_ready = True
        stalled = struct.pack("ll", STALLED_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stalled)
        super().enqueue_req(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(min(timeout, LOOK_EVERY_SECONDS) if self._half else timeout)
        now = time.monotonic()
        for conn, end in list(self._half.items()):
            if _is_ready(conn):
                del self._half[conn]
                self._begin(conn)
            elif now > end:
                del self._half[conn]
                self.nr_conns -= 1
                conn.close()


def _has_read_ahead(conn: TConn) -> bool:
    return conn.parser is not None and bool(conn.parser.unreader.buf.getvalue())


def _is_ready(conn: TConn) -> bool:
    """Look at what has come without taking it; a connection that has ended is for a thread to close."""
    try:
        received: bytes = conn.sock.recv(MOST_BUFFERED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not received or is_whole(received)
