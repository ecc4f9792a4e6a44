"""Answer 503 for a database or storage that is gone, in the shape that was asked for, without asking the database."""

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from lib.json.errors import json_error
from lib.storage.bucket import StorageError

RETRY_AFTER = "30"
API = "/api/v1/"
MESSAGE = "The database, or the storage of files, does not answer. Nothing was stored. Send the request again later."


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether an error says that the database is gone, locked, full or too slow, or the storage."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError | StorageError):
            return True
        # What followed in a transaction that had failed.
        error = error.__cause__ or error.__context__ if isinstance(error, DatabaseError) else error.__cause__
    return False


def unavailable(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        response: HttpResponse = json_error(503, "unavailable", MESSAGE)
    else:
        # Without the request: who asks is in the database.
        response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response["Retry-After"] = RETRY_AFTER
    return response
