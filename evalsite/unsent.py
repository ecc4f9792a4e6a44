"""Tell researchers when what they started was not announced to the workers, because the broker does not answer."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.rights import rights_of
from jobs.messages import note_unsent


class UnsentWorkMiddleware:
    """Stands below the middleware of messages. Annotators are never told: it says something about the study's work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        unsent = note_unsent()
        response = self._get_response(request)
        if unsent and not request.path.startswith("/api/") and rights_of(request.user).run_models:
            messages.warning(
                request,
                _(
                    "The message broker does not answer, so workers were not told. Nothing is lost: they start once it "
                    "answers again."
                ),
            )
        return response
