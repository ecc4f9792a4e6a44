"""Answer 503 for a database or storage that is gone or too slow, in the shape asked for, without the database."""

from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from lib.json.errors import json_error
from lib.serving.statements import is_cancelled
from lib.storage.bucket import StorageError

RETRY_AFTER = "30"
API = "/api/v1/"
TOO_SLOW = (
    "The database did not find the answer in the time that a request may take, and was told to stop. Ask for less at "
    "once, with filters or smaller pages, or later. If this was to store something, look first whether it did."
)
MESSAGE = "The database, or the storage of files, does not answer. Nothing was stored. Send the request again later."


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether an error says that the database is gone, locked, full or too slow, or the storage."""
    return any(isinstance(one, OperationalError | InterfaceError | StorageError) for one in _chain(error))


def _is_too_slow(error: BaseException | None) -> bool:
    return any(is_cancelled(one) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # What followed in a transaction that had failed.
        error = error.__cause__ or error.__context__ if isinstance(error, DatabaseError) else error.__cause__


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    too_slow = _is_too_slow(error)
    if request.path_info.startswith(API):
        code, message = ("too_slow", TOO_SLOW) if too_slow else ("unavailable", MESSAGE)
        response: HttpResponse = json_error(503, code, message)
    else:
        # Without the request: who asks is in the database.
        page = loader.get_template("503.html").render({"too_slow": too_slow})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = RETRY_AFTER
    return response
