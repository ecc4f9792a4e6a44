"""Bound a whole HTTP request in time: the client's own timeouts begin anew with every byte that arrives."""

import threading
import time
from typing import Any

import httpcore2


class Deadlines:
    """The moment by which the request that this thread sends must have been answered, to the last byte."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def begin(self, request: Any) -> None:
        """Give a request that is about to be sent the time that its read timeout says; a hook of the HTTP client."""
        seconds = request.extensions.get("timeout", {}).get("read")
        self._of_thread.ends = None if seconds is None else time.monotonic() + seconds

    def left(self, timeout: float | None, fault: type[Exception]) -> float | None:
        """Return the smaller of a timeout and what is left of the request's time; raise the fault if nothing is."""
        ends = getattr(self._of_thread, "ends", None)
        if ends is None:
            return timeout
        left: float = ends - time.monotonic()
        if left <= 0:
            raise fault("The answer did not end in time.")
        return left if timeout is None else min(left, timeout)

    def bind(self, client: Any) -> None:
        """Have every connection of an HTTP client keep to them, those through a proxy too.

        The client has no public way to this; tests hold that its private one is still there.
        """
        for transport in [client._transport, *client._mounts.values()]:
            if transport is not None:
                transport._pool._network_backend = _Backend(transport._pool._network_backend, self)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend, deadlines: Deadlines) -> None:
        self._inner, self._deadlines = inner, deadlines

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any) -> Any:
        left = self._deadlines.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, *args, **options), self._deadlines)

    def connect_unix_socket(self, path: str, timeout: float | None = None, *args: Any, **options: Any) -> Any:
        left = self._deadlines.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, left, *args, **options), self._deadlines)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, deadlines: Deadlines) -> None:
        self._inner, self._deadlines = inner, deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadlines.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadlines.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        left = self._deadlines.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadlines)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
