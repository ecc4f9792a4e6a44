"""Every refusal of the API in one shape; lib.json_errors says which."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from annotations.rating.votes import RefusedError
from annotations.studies.setup import StudySetupError
from annotations.web.access import StillRatingError
from annotations.web.views.rating import REFUSAL_STATUS
from api.tokens import TokenError
from api.webhooks import WebhookError
from leaderboards.data.filters import UnknownFilterError
from leaderboards.data.lookup import UnknownCriterionError, UnknownStudyError
from leaderboards.releases.publishing import ReleaseError, VersionTakenError
from lib.json_errors import json_error
from models_runner.datasets.lookup import UnknownDatasetError
from models_runner.importing.records import DatasetImportError
from models_runner.runs.lifecycle import NothingToRunError
from models_runner.systems.catalog import CatalogError, UnknownSystemError
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError


class ApiError(Exception):
    """A refusal; field names what is wrong in the request, as a path such as systems[2]."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.field, self.headers = status, code, field, headers or {}

    def response(self) -> HttpResponse:
        response = json_error(self.status, self.code, str(self), field=self.field)
        for name, value in self.headers.items():
            response[name] = value
        return response


# What the services raise. The messages are written for people and name what is wrong.
KNOWN: dict[type[Exception], tuple[int, str, str]] = {
    UnknownCriterionError: (404, "unknown_criterion", "criterion"),
    UnknownStudyError: (404, "not_found", ""),
    UnknownDatasetError: (422, "unknown_dataset", "dataset"),
    UnknownSystemError: (422, "unknown_system", "system"),
    StillRatingError: (403, "still_rating", ""),
    PermissionDenied: (403, "forbidden", ""),
    Http404: (404, "not_found", ""),
    StudySetupError: (422, "no_study", ""),
    NothingToRunError: (422, "nothing_to_run", "split"),
    VersionTakenError: (409, "version_taken", "version"),
    ReleaseError: (422, "no_release", ""),
    NotReadyError: (409, "not_ready", "system"),
    LeakageError: (409, "leakage", "force"),
    CatalogError: (422, "no_system", ""),
    TokenError: (422, "no_token", ""),
}
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    500: "internal_error",
}
MESSAGES = {
    404: "Not found. GET /api/docs lists every address.",
    405: "This address does not take this method; the header Allow names those it takes.",
    500: "Something went wrong here. Nothing was stored halfway; the server's log has the details.",
}


def set_handlers(api: NinjaAPI) -> None:
    for kind in KNOWN:
        api.add_exception_handler(kind, _known)
    api.add_exception_handler(ApiError, _api)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(RefusedError, _refused)
    api.add_exception_handler(DatasetImportError, _not_imported)
    api.add_exception_handler(WebhookError, _no_webhook)
    api.add_exception_handler(UnknownFilterError, _unknown_filter)


def _api(request: HttpRequest, error: Any) -> HttpResponse:
    response: HttpResponse = error.response()
    return response


def _known(request: HttpRequest, error: Any) -> HttpResponse:
    status, code, field = next(KNOWN[kind] for kind in type(error).__mro__ if kind in KNOWN)
    # A 404 says the same of what is not there and of what is nobody else's business.
    message = MESSAGES[404] if isinstance(error, Http404) else str(error)
    return json_error(status, code, message or "This is not allowed.", field=field)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(REFUSAL_STATUS.get(error.code, 409), error.code, str(error))


def _not_imported(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "not_imported", str(error), field=_place(error.problems[0]))


def _no_webhook(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "no_webhook", str(error), field=error.field)


def _unknown_filter(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "unknown_filter", str(error), field=error.parameter)


def _place(problem: str) -> str:
    """What is before the first colon: the record and its field."""
    place, separator, _ = problem.partition(": ")
    return place.removeprefix("body.jsonl, ").removeprefix("body.json, ") if separator else ""


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(error.status_code, CODES.get(error.status_code, "refused"), str(error))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0]
    field = path_of(first["loc"])
    if first["type"] == "extra_forbidden":
        message = f"{field} is not known here. GET /api/docs lists the fields."
    else:
        message = f"{field}: {first['msg']}."
    return json_error(422, "invalid", message, field=field)


# The names of arguments that hold a whole body or all parameters; nobody sent them.
HOLDERS = ("body", "query", "path", "given", "asked")


def path_of(location: Sequence[Any]) -> str:
    """systems[2] of ("body", "given", "systems", 2)."""
    parts = list(location)
    while len(parts) > 1 and parts[0] in HOLDERS:
        parts = parts[1:]
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def in_one_shape(response: HttpResponseBase) -> HttpResponseBase:
    """Refusals that Django made itself, such as a page that is not there."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith("application/json"):
        return response
    status = response.status_code
    made = json_error(status, CODES.get(status, "refused"), MESSAGES.get(status, "This request was refused."))
    if "Allow" in response:
        made["Allow"] = response["Allow"]
    return made
