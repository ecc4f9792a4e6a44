"""Send django-csp's header, computed once: every page has the policy of the settings, and none has a nonce."""

from functools import cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """Make no nonce."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code in (404, 500):
            return super().process_response(request, response)  # Django's debug pages need an exception
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return build_policy()
