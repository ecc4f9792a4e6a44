"""Speak OpenID Connect with the login provider: authorization code with PKCE, by Authlib, which checks the ID token.

Loaded where a provider is configured only: what it imports is slow to load.
"""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from joserfc.errors import JoseError
from requests import RequestException

logger = logging.getLogger(__name__)
SECONDS = 10
# The clocks of two machines differ by this much at most.
LEEWAY_SECONDS = 60


class NoAnswerError(Exception):
    """The provider cannot be reached, or says of itself less than is needed."""


class InvalidAnswerError(Exception):
    """The person cancelled, or the answer is late, of somebody else, or not the provider's."""


@cache
def client() -> Any:
    """Return the client of the provider; what the provider says of itself is read at the first login."""
    return OAuth().register(
        "provider",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET or None,
        server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
        client_kwargs={"scope": settings.OIDC_SCOPES, "code_challenge_method": "S256", "default_timeout": SECONDS},
    )


def to_login(request: HttpRequest, back: str) -> HttpResponseBase:
    """Return the redirect to the provider, which sends people back to the address `back`."""
    try:
        return cast(HttpResponseBase, client().authorize_redirect(request, back))
    except (RequestException, RuntimeError, ValueError) as error:
        raise _no_answer(error) from error


def claims_in(request: HttpRequest) -> Mapping[str, object]:
    """Exchange the code in the address for an ID token; return its claims once they are checked.

    Authlib checks signature, issuer, audience, nonce and time. Groups that the token does not name are asked for.

    Raises:
        InvalidAnswerError: One of them is not as it should be.
        NoAnswerError: The provider cannot be reached.
    """
    try:
        token = client().authorize_access_token(request, leeway=LEEWAY_SECONDS, claims_options=_expected())
        claims: dict[str, object] = dict(token.get("userinfo") or {})
        return claims if settings.OIDC_GROUPS_CLAIM in claims else {**_userinfo(token, claims), **claims}
    except (OAuthError, JoseError) as error:
        logger.warning("a login by the provider was refused: %s", error)
        raise InvalidAnswerError from error
    except (RequestException, RuntimeError, ValueError, KeyError) as error:
        raise _no_answer(error) from error


def _expected() -> dict[str, dict[str, object]]:
    """Return what a token must say; Authlib looks at the audience only where it is told to."""
    issuer = client().load_server_metadata()["issuer"]
    return {
        "iss": {"essential": True, "values": [issuer]},
        "aud": {"essential": True, "values": [settings.OIDC_CLIENT_ID]},
    }


def _userinfo(token: Mapping[str, object], claims: Mapping[str, object]) -> dict[str, object]:
    """Return what the provider says of the person beside the ID token, if it says so of the same person."""
    if "userinfo_endpoint" not in client().load_server_metadata():
        return {}
    said: dict[str, object] = dict(client().userinfo(token=token))
    return said if said.get("sub") == claims.get("sub") else {}


def logout_address(back: str) -> str:
    """Return the address that ends the session at the provider, and from there leads to the address `back`."""
    try:
        address = client().load_server_metadata().get("end_session_endpoint")
    except (RequestException, ValueError) as error:
        raise _no_answer(error) from error
    if not address:
        raise NoAnswerError
    parts = {"client_id": settings.OIDC_CLIENT_ID, "post_logout_redirect_uri": back}
    return str(add_params_to_uri(address, list(parts.items())))


def _no_answer(error: Exception) -> NoAnswerError:
    logger.warning("the login provider does not answer: %s", error)
    return NoAnswerError()
