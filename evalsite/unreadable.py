"""Refuse requests that cannot be read as they were meant, before anything answers what was not asked."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.defaults import bad_request

from accounts.rights import rights_of
from lib.json.errors import json_error

NUL = "%00"
API = "/api/v1/"
NO_LENGTH = "A body needs the header Content-Length; one sent in chunks is not read here."


class UnreadableMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _has_no_length(request):
            return _length_required(request)
        if _is_too_large(request):
            text = _("This is more than can be sent here: at most %(megabytes)s MB.")
            return _plain(413, text % {"megabytes": _most(request) // 1_000_000})
        # The API's own gate says which parameter it is.
        if _has_nul(request) and not request.path_info.startswith(API):
            return bad_request(request, ValueError("NUL"))
        return self._get_response(request)


def _has_no_length(request: HttpRequest) -> bool:
    """Tell whether a body comes in chunks, which Django reads as an empty one."""
    return "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH")


def _length_required(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        return json_error(411, "length_required", NO_LENGTH)
    return _plain(411, NO_LENGTH)


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _is_too_large(request: HttpRequest) -> bool:
    """Tell whether a body is larger than who sends it may send, before any of it is written to a file.

    The API's gate has limits of its own.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdecimal() else 0
    small = size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # nobody is looked up for these
    return not small and not request.path_info.startswith(API) and size > _most(request)


def _most(request: HttpRequest) -> int:
    """Return how many bytes somebody may send to a page: files are for those who import meetings."""
    if rights_of(request.user).run_models:
        return settings.PAGE_UPLOAD_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _has_nul(request: HttpRequest) -> bool:
    """Tell whether the address has a character that no database stores."""
    return "\0" in request.path_info or NUL in request.META.get("QUERY_STRING", "")
