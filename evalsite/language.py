"""Choose the language of a page; what programs read is English, whoever asks."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import ResolverMatch
from django.utils import translation
from django.utils.cache import patch_vary_headers

# Names of addresses whose answers are for programs, or go into a paper: data, tables, the description of the API.
ENGLISH = frozenset(
    {
        *("healthz", "readyz", "metrics", "api-docs", "api-openapi"),
        *("board-json", "trust-json", "combined-json", "errors-json", "board-table", "board-ratings"),
        "looks-file",
        *("export-file", "release-zip", "release-file"),
        *("remarks-csv", "invitations-csv", "work-csv", "answers-csv"),
    }
)
API = "/api/"


def is_translated(match: ResolverMatch | None, path: str = "") -> bool:
    """Return True for a translated page, and for no page at all (None), since anybody may see its error page."""
    return not path.startswith(API) and (match is None or match.url_name not in ENGLISH)


class LanguageMiddleware(LocaleMiddleware):
    """Use the language of the cookie, else of the browser; English where programs read."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(API):
            translation.activate(settings.LANGUAGE_CODE)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if not is_translated(request.resolver_match, request.path_info):
            translation.activate(settings.LANGUAGE_CODE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Translate error pages, also those of addresses that are not translated."""
        if not request.path_info.startswith(API):
            translation.activate(translation.get_language_from_request(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        # The language is chosen by a cookie, so a cache must not give one person's page to another.
        patch_vary_headers(response, ("Cookie",))
        return response
