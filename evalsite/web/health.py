"""Tell whether this web process lives, and whether the site can take and do work.

A process that does not live is started anew; one that is not ready gets no requests for a while. A database or broker
that is gone makes nobody start web processes anew, so the two are apart.
"""

import shutil
import time
from collections.abc import Callable
from threading import Lock

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

BROKER_SECONDS = 2.0
# The broker is asked no oftener, whoever asks this page.
KEPT_SECONDS = 5.0


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database does not answer"
    return ""


def _broker() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except Exception:  # each transport has errors of its own
        return "the broker does not answer"
    return ""


def _disk() -> str:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return "the data folder cannot be read"
    least = settings.LEAST_FREE_BYTES
    if free >= least:
        return ""
    return f"the disk of the data folder has {free // 10**6} MB left; expected at least {least // 10**6} MB"


class RecentAnswer:
    """The answer of a check, asked again after KEPT_SECONDS; one thread asks at a time."""

    def __init__(self, check: Callable[[], str]) -> None:
        self._check = check
        self._lock = Lock()
        self._answer = ""
        self._until = 0.0

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._check()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._answer

    def forget(self) -> None:
        self._until = 0.0


kept_broker = RecentAnswer(_broker)
CHECKS: dict[str, Callable[[], str]] = {"database": _database, "broker": kept_broker, "disk": _disk}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200, and ask nothing: this process lives. A dead database is no reason to start it anew."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if votes and work can be taken: database, broker and disk; else 503 with what is wrong with each."""
    answers = {name: check() or "ok" for name, check in CHECKS.items()}
    is_ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"status": "ok" if is_ready else "not ready", **answers}, status=200 if is_ready else 503)
