"""Choose a page's language: annotators' pages are translated, and researchers' pages are in English so far."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import ResolverMatch
from django.utils import translation
from django.utils.cache import patch_vary_headers

# URL names of translated pages; others are in English. The admin site has Django's own translations.
TRANSLATED = frozenset(
    {
        *("home", "login", "logout", "set-language"),
        *("join", "resume", "rate", "vote", "remark", "undo", "next", "hold", "practice"),
        *("my-data", "erase-me", "guess"),
        *("leave-study", "preview", "preview-answer"),
    }
)


def is_translated(match: ResolverMatch | None) -> bool:
    """Tell whether a page is translated; None stands for a page that does not exist, whose error page is translated."""
    return match is None or match.url_name in TRANSLATED or "admin" in match.namespaces


class LanguageMiddleware(LocaleMiddleware):
    """Activates the language of the cookie, or else of the browser; English on pages that are not translated."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if not is_translated(request.resolver_match):
            translation.activate(settings.LANGUAGE_CODE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Activate the reader's language, because error pages are translated even for untranslated pages."""
        translation.activate(translation.get_language_from_request(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        # The language is chosen by a cookie, so a cache must not give one person's page to another.
        patch_vary_headers(response, ("Cookie",))
        return response
