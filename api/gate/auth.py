"""Which scope an operation needs, and who asks. The gate has found the token before."""

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import translation

from annotations.models import Annotator
from api.gate.errors import ApiError
from api.models import ApiToken
from api.models.tokens import Scope


class Bearer:
    """Lets a request through if its token has the scope; ninja calls it for each operation."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        token = token_of(request)
        if not token.allows(self.scope):
            message = f"This token has the scope {token.scope}; this needs the scope {self.scope}."
            raise ApiError(403, "scope_missing", message)
        if self.scope == Scope.ANNOTATE:
            # Messages to annotators are translated.
            translation.activate(translation.get_language_from_request(request))
        return token


READ, WRITE, ADMIN, ANNOTATE = (Bearer(scope) for scope in (Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.ANNOTATE))


def token_of(request: HttpRequest) -> ApiToken:
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    return token_of(request).owner


def annotator_of(request: HttpRequest) -> Annotator:
    """Return the annotator of the token; only for operations that need the scope annotate."""
    return cast(Annotator, token_of(request).annotator)
