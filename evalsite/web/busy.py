"""Say that too many heavy pages were asked for at once; which those are is found out by the web server's worker."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from lib.json.errors import json_error
from lib.serving.heavy import REFUSED_HEADER

RETRY_AFTER = "10"
API = "/api/v1/"
MESSAGE = "Earlier requests for boards, figures or files are still being answered. Send this one again later."


class BusyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if REFUSED_HEADER not in request.headers:
            return self._get_response(request)
        if request.path_info.startswith(API):
            response: HttpResponse = json_error(429, "too_many_requests", MESSAGE)
        else:
            response = render(request, "429.html", status=429)
        add_never_cache_headers(response)
        response["Retry-After"] = RETRY_AFTER
        return response
