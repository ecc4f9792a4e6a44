"""Choose the language of a page: pages that annotators see are translated, researchers' pages are English so far."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import ResolverMatch
from django.utils import translation
from django.utils.cache import patch_vary_headers

# Names of addresses that are translated. The admin site brings Django's own translations.
TRANSLATED = frozenset(
    {
        *("home", "docs", "login", "logout", "set-language"),
        *("join", "resume", "rate", "vote", "remark", "undo", "next", "hold", "practice"),
        *("my-data", "erase-me", "guess", "languages-read", "begin", "after"),
        *("leave-study", "preview", "preview-answer"),
    }
)


def is_translated(match: ResolverMatch | None) -> bool:
    """Return True for a translated page, and for no page at all (None), since anybody may see its error page."""
    return match is None or match.url_name in TRANSLATED or "admin" in match.namespaces


class LanguageMiddleware(LocaleMiddleware):
    """Use the language of the cookie, else of the browser; English on pages that are not translated."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if not is_translated(request.resolver_match):
            translation.activate(settings.LANGUAGE_CODE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Translate error pages, also those of pages that are not translated."""
        translation.activate(translation.get_language_from_request(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        # The language is chosen by a cookie, so a cache must not give one person's page to another.
        patch_vary_headers(response, ("Cookie",))
        return response
