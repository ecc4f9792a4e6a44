"""The page *Operations* for administrators, and the metrics for Prometheus."""

import hmac
import platform
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any

import django
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import rights_of
from evalsite.operations.endpoints import endpoint_rows
from evalsite.operations.problems import problems_of
from evalsite.operations.reasons import kinds_of
from evalsite.operations.state import site_state
from evalsite.operations.versions import own_version
from jobs import sweeper
from jobs.nothing_left import NothingLeft
from lib.serving.login_gate import login_required

VIEWS_SHOWN = 10
View = Callable[..., HttpResponseBase]


def operators_only(view: View) -> View:
    """Open a page to who may see how the installation does. Its answers are never kept."""

    @login_required
    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, **more: Any) -> HttpResponseBase:
        if not rights_of(request.user).operate:
            raise PermissionDenied(_("Only administrators see how the site runs."))
        return view(request, **more)

    return checked


@operators_only
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    state = site_state()
    context = {
        "state": state,
        "problems": problems_of(state),
        "work": [(row, kinds_of(row.failures.items())) for row in state.work if not row.is_empty],
        "endpoints": endpoint_rows(timezone.now()),
        "versions": versions(),
        "views": _slow_views(),
        "is_measured": bool(settings.METRICS_TOKEN),
    }
    return render(request, "evalsite/operations.html", context)


def _slow_views() -> object:
    if not settings.METRICS_TOKEN:
        return []
    from evalsite.operations.requests import slow_views

    return slow_views(VIEWS_SHOWN)


def versions() -> list[tuple[str, str]]:
    """Return the versions of what the site runs on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        database = cursor.fetchone()[0]
    return [
        ("Punchweight", own_version()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", version("celery")),
        ("transformers", version("transformers")),
        ("PostgreSQL" if connection.vendor == "postgresql" else "SQLite", database.removeprefix("PostgreSQL ")),
        (platform.system(), platform.release()),
    ]


@operators_only
@require_POST
def sweep_now(request: HttpRequest) -> HttpResponse:
    NothingLeft.forget()
    swept = sweeper.sweep()
    text = _("Freed by the sweep: {freed}. Announced again: {announced}.")
    messages.success(request, text.format(**swept))
    return redirect("operations")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the metrics to who sends METRICS_TOKEN as bearer; not found for anybody else."""
    if not is_let_in(request):
        raise Http404
    from evalsite.operations.prometheus import exposition

    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def is_let_in(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given, expected)
