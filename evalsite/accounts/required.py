"""Let nobody do anything whose role must have a second factor and has none yet, but set one up."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import MiddlewareNotUsed, PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_noop

from accounts.two_factor.required import PASSED, must_have_one

OPEN = {
    *("two-factor", "start-two-factor", "confirm-two-factor", "login", "login-code", "logout", "set-language"),
    *("healthz", "readyz", "metrics", "docs"),
}
# Programs have tokens, and no sessions.
API = "/api/v1/"
REFUSAL = gettext_noop("Your role needs two-factor login. Set it up on your account’s page first.")


class RequireSecondFactor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.REQUIRE_TWO_FACTOR:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponseBase | None:
        match, session = request.resolver_match, request.session
        if (match and match.view_name in OPEN) or request.path_info.startswith(API):
            return None
        if SESSION_KEY not in session or session.get(PASSED) or not must_have_one(request):
            return None
        if request.method in ("GET", "HEAD"):
            return redirect("two-factor")
        raise PermissionDenied(REFUSAL)
