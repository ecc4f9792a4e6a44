"""Let PostgreSQL give up statements of web requests after a time: a client that has left does not stop them.

A process limits its own connections by limit_statements, which the web application calls. Workers, commands and
migrations do not: what they do may take as long as it takes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse

CANCELLED = "57014"  # PostgreSQL's code of a statement that ran into its limit, or was ended by hand
_limit: dict[str, int] = {}


def limit_statements(seconds: float) -> None:
    """Have every connection that this process opens from now on end statements after so many seconds; 0: never."""
    connection_created.disconnect(_on_connection, dispatch_uid=CANCELLED)
    _limit["milliseconds"] = round(seconds * 1000)
    if seconds > 0:
        connection_created.connect(_on_connection, dispatch_uid=CANCELLED)


def is_cancelled(error: BaseException) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == CANCELLED


def _on_connection(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        _set(connection, _limit["milliseconds"])
        # Compiling a statement takes 0.2 s, which pays for those that run for seconds: a page has none.
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


def _set(connection: BaseDatabaseWrapper, milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(milliseconds)])


class UnlimitedStreams:
    """Lift the limit while an answer is streamed: an export of all votes may sort for long before its first row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        # The server sends a file by itself; it asks the database nothing.
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = _unlimited(cast("Iterable[bytes]", response.streaming_content))
        return response


def _unlimited(parts: Iterable[bytes]) -> Iterator[bytes]:
    if not _limit.get("milliseconds") or connection.vendor != "postgresql":
        yield from parts
        return
    _set(connection, 0)
    try:
        yield from parts
    finally:
        try:
            _set(connection, _limit["milliseconds"])
        except DatabaseError:  # the connection is lost, or in a transaction that failed: the next request opens another
            connection.close()
