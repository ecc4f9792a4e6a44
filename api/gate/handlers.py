"""How the exceptions of services, Django and ninja become refusals of the API."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from annotations.rating.votes import AnswerRefusedError
from annotations.studies.setup import StudySetupError
from annotations.web.access import StillRatingError
from annotations.web.views.rating import REFUSAL_STATUS
from api.gate.errors import CODES, ApiError, message_of, where
from api.tokens import TokenError
from api.webhooks.registration import WebhookError
from judges.judging.lifecycle import JudgingError, UnknownCriteriaError
from judges.records.problems import UnknownJudgeError
from leaderboards.data.filters import UnknownFilterError
from leaderboards.data.lookup import UnknownCriterionError, UnknownStudyError
from leaderboards.releases.publishing import ReleaseError, VersionTakenError
from lib.json.errors import json_error
from marks.web.views import REFUSAL_STATUS as MARK_STATUS
from models_runner.datasets.lookup import UnknownDatasetError
from models_runner.importing.records import DatasetImportError
from models_runner.runs.lifecycle import NothingToRunError
from models_runner.systems.catalog import CatalogError, UnknownSystemError
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError

# Status, code and field for each exception of a service. Its message is written for people already.
SERVICE_ERRORS: dict[type[Exception], tuple[int, str, str]] = {
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
    UnknownJudgeError: (422, "unknown_judge", "judge"),
    UnknownCriteriaError: (422, "unknown_criterion", "criteria"),
    JudgingError: (422, "no_judging", ""),
    NotReadyError: (409, "not_ready", "system"),
    LeakageError: (409, "leakage", "force"),
    CatalogError: (422, "no_system", ""),
    TokenError: (422, "no_token", ""),
}


def set_handlers(api: NinjaAPI) -> None:
    """Have the API answer every known exception by a refusal."""
    for kind in SERVICE_ERRORS:
        api.add_exception_handler(kind, _service_error)
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(ValidationError, _validation_error)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(AnswerRefusedError, _refused_vote)
    api.add_exception_handler(DatasetImportError, _failed_import)
    api.add_exception_handler(WebhookError, _bad_webhook)
    api.add_exception_handler(UnknownFilterError, _unknown_filter)


def _api_error(request: HttpRequest, error: Any) -> HttpResponse:
    response: HttpResponse = error.response()
    return response


def _service_error(request: HttpRequest, error: Any) -> HttpResponse:
    status, code, field = next(SERVICE_ERRORS[kind] for kind in type(error).__mro__ if kind in SERVICE_ERRORS)
    # A 404 does not tell what does not exist from what the token's owner may not see.
    message = message_of(404) if isinstance(error, Http404) else str(error)
    named = field or getattr(error, "field", "")
    return json_error(status, code, message or "This is not allowed.", field=named)


def _refused_vote(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error((REFUSAL_STATUS | MARK_STATUS).get(error.code, 409), error.code, str(error))


def _failed_import(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "not_imported", str(error), field=_record_and_field(error.problems[0]))


def _bad_webhook(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "no_webhook", str(error), field=error.field)


def _unknown_filter(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(422, "unknown_filter", str(error), field=error.parameter)


def _record_and_field(problem: str) -> str:
    """Return what stands before the first colon of an importer's message."""
    location, separator, _ = problem.partition(": ")
    return location.removeprefix("body.jsonl, ").removeprefix("body.json, ") if separator else ""


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return json_error(error.status_code, CODES.get(error.status_code, "refused"), str(error))


def _validation_error(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0]
    field = field_path(first["loc"])
    if first["type"] == "extra_forbidden":
        message = f"{field} is not known here. {where('lists the fields')}"
    else:
        message = f"{field}: {first['msg']}."
    return json_error(422, "invalid", message, field=field)


# Names of the arguments that hold a whole body or all parameters. The sender does not know them.
ARGUMENT_NAMES = ("body", "query", "path")


def field_path(location: Sequence[Any]) -> str:
    """Return systems[2] for ("body", "body", "systems", 2)."""
    parts = list(location)
    while len(parts) > 1 and parts[0] in ARGUMENT_NAMES:
        parts = parts[1:]
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
