"""Show pages in the language of the account."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponseBase


def use_language(response: HttpResponseBase, user: User) -> None:
    """Make this browser show pages in the language that the account has chosen, if any."""
    account = getattr(user, "account", None)
    if account is None or not account.language:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        account.language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
