"""The application that a web server runs."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from evalsite.waiting import wait_until_prepared
from lib.serving.statements import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
wait_until_prepared()
site = get_wsgi_application()
limit_statements(settings.WEB_STATEMENT_SECONDS)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request, whether the proxy in front has taken the site's prefix off its path or not."""
    prefix, path = settings.URL_PREFIX, environ.get("PATH_INFO", "")
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"
    return site(environ, start_response)
