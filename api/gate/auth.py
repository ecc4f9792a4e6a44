"""Which scope an operation needs. The gate has found the token; here it is asked whether it is enough."""

import re
from functools import cache
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import translation

from annotations.models import Annotator
from api.gate.body import check_query
from api.gate.errors import ApiError
from api.models import ApiToken
from api.models.tokens import Scope


class Bearer:
    openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        token = token_of(request)
        if not token.allows(self.scope):
            message = f"This token has the scope {token.scope}; this needs the scope {self.scope}."
            raise ApiError(403, "scope_missing", message)
        if self.scope == Scope.ANNOTATE:
            # What is said to annotators is translated.
            translation.activate(translation.get_language_from_request(request))
        check_query(request, known_parameters(request))
        return token


READ, WRITE, ADMIN, ANNOTATE = (Bearer(scope) for scope in (Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.ANNOTATE))


def token_of(request: HttpRequest) -> ApiToken:
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return token_of(request).owner


def annotator_of(request: HttpRequest) -> Annotator:
    """Whom the token is bound to; asked for by operations that need the scope annotate only."""
    return cast(Annotator, token_of(request).annotator)


def known_parameters(request: HttpRequest) -> frozenset[str]:
    match = request.resolver_match
    route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", match.route if match else "")
    return _parameters().get((request.method or "", f"/{route}"), frozenset())


@cache
def _parameters() -> dict[tuple[str, str], frozenset[str]]:
    """The parameters of every operation, as the description of the API names them."""
    from api.site import api

    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return {
        (method.upper(), path): frozenset(p["name"] for p in operation["parameters"] if p["in"] == "query")
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
