"""Tell when more of a request has come, while all of it stays unread in the kernel's buffer.

A selector tells without an end of bytes that nobody takes. Linux can tell once of each arrival.
"""

import select
import socket
from contextlib import suppress

KNOWN = hasattr(select, "epoll")


class Arrivals:
    """Sockets that are watched; a selector may wait for their next arrival as for any file (`fileno`)."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def watch(self, sock: socket.socket) -> None:
        """Watch a socket. What it holds by now is told once, too, so that nothing is missed in between."""
        self._epoll.register(sock, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)

    def forget(self, sock: socket.socket) -> None:
        with suppress(OSError, ValueError):
            self._epoll.unregister(sock)

    def take(self) -> None:
        """Take note of what has come, so that only what comes later is told."""
        self._epoll.poll(0)

    def close(self) -> None:
        self._epoll.close()
