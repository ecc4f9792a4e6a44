"""Serves the docs that tools/docs has built, at /docs/, to everybody: they say nothing about any study."""

import json
from functools import lru_cache
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from whitenoise import WhiteNoise
from whitenoise.middleware import WhiteNoiseMiddleware

STAMP = "built.txt"
POLICY = "policy.json"


@require_safe
def docs(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer a built page or one of its files; where nothing is built, say how to build it."""
    stamp = settings.DOCS_DIR / STAMP
    try:
        changed = stamp.stat().st_mtime_ns
    except FileNotFoundError:
        return render(request, "evalsite/no_docs.html", status=404)
    files, policy = _built(changed)
    file = files.get(request.path_info)
    if file is None:
        raise Http404
    response = WhiteNoiseMiddleware.serve(file, request)
    response.headers[HEADER] = policy
    return response


@lru_cache(maxsize=1)
def _built(changed: int) -> tuple[dict[str, Any], str]:
    """List the built files by address, as whitenoise answers them (compressed, with a date), and their security policy.

    The policy is the site's, with the styles that the scripts of the docs add, by their hashes.
    """
    styles = json.loads((settings.DOCS_DIR / POLICY).read_text(encoding="utf-8"))
    files = WhiteNoise(None, settings.DOCS_DIR, "docs/", index_file=True, allow_all_origins=False).files
    return files, build_policy(update=styles)
