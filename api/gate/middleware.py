"""The middleware that every request to the API passes: token, limit, body, repeated writes, shape of answers."""

import hashlib
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers

from api.gate.body import read_body
from api.gate.errors import ApiError, refusal_in_shape
from api.gate.idempotency import answer_once
from api.models import ApiToken
from api.models.tokens import Scope
from api.tokens import find_token

PREFIX = "/api/v1/"
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class ApiMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            token = _authenticate(request)
            _count_request(token)
            read_body(request)
            request.user = token.owner
            request.auth = token  # type: ignore[attr-defined]  # ninja's name for who asks
            response = self._answer(request, token)
        except ApiError as refusal:
            return refusal.response()
        return _with_cache_headers(request, token, response) if request.method == "GET" else response

    def _answer(self, request: HttpRequest, token: ApiToken) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method not in WRITES:
            return self._handle(request)
        return answer_once(request, token, key, self._handle)

    def _handle(self, request: HttpRequest) -> HttpResponseBase:
        return refusal_in_shape(self.get_response(request))


def _authenticate(request: HttpRequest) -> ApiToken:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    token = find_token(text.strip()) if kind.lower() == "bearer" else None
    if token is None:
        message = "No valid token was sent. Expected: Authorization: Bearer TOKEN. Create a token on the page Tokens."
        raise ApiError(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
    return token


def _count_request(token: ApiToken) -> None:
    now, limit = timezone.now(), settings.API_REQUESTS_PER_MINUTE
    if not ApiToken.objects.count_request(token.pk, now, limit):
        message = f"This token has made {limit} requests in this minute, which is the limit. Wait, then go on."
        raise ApiError(429, "too_many_requests", message, headers={"Retry-After": str(60 - now.second)})


def _with_cache_headers(request: HttpRequest, token: ApiToken, response: HttpResponseBase) -> HttpResponseBase:
    """Add an ETag, so that the same request gets 304 while nothing changes; answers to annotators are never cached."""
    patch_vary_headers(response, ["Authorization"])
    if token.scope == Scope.ANNOTATE:
        patch_cache_control(response, no_store=True, private=True)
        return response
    patch_cache_control(response, no_cache=True, private=True)
    if response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return cast(HttpResponseBase, get_conditional_response(request, etag=etag, response=response))
