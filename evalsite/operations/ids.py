"""Give log lines the ids of the request or the task that they belong to."""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.core.handlers.wsgi import get_path_info

from accounts.logs import without_secrets
from jobs.models import Announced
from lib.serving.logs import NO_IDS, ids_in_logs, set_ids

GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def name_request(environ: dict[str, Any], **kwargs: object) -> None:
    """Give every line of the request that begins its id, its method, and its path without secrets.

    The id is the one that a proxy gives in X-Request-ID, or a random one. It stays until the answer is sent: Django
    logs what was wrong with a request after all middleware.
    """
    given = str(environ.get("HTTP_X_REQUEST_ID", ""))
    request_id = given if GIVEN.fullmatch(given) else uuid.uuid4().hex
    path = without_secrets(get_path_info(environ))
    set_ids({"request": request_id, "method": str(environ.get("REQUEST_METHOD", "")), "path": path})


def forget_request(**kwargs: object) -> None:
    set_ids(NO_IDS)


@contextmanager
def ids_of_task(name: str, args: Sequence[object]) -> Iterator[None]:
    """Give every line of a task its name, and the key of the row that it was announced for."""
    with ids_in_logs(task=name, **row_of_task(name, args)):
        yield


def row_of_task(name: str, args: Sequence[object]) -> dict[str, int]:
    """Return the key of the row that a task was announced for, as run=7, or as row=7 where its kind is not known."""
    key = args[0] if args and isinstance(args[0], int) else None
    return {} if key is None else {_rows().get(name, "row"): key}


@cache
def _rows() -> dict[str, str]:
    return {model.TASK: model.__name__.lower() for model in apps.get_models() if issubclass(model, Announced)}
