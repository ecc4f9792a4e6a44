"""The one shape of every refusal."""

from django.http import HttpResponse, HttpResponseBase

from models_runner.errors import json_error


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
    404: "There is no such thing here. GET /api/docs lists every address.",
    405: "This address does not take this method; the header Allow names those it takes.",
    500: "Something went wrong here. Nothing half-done was stored; the operator's log says what it was.",
}


def in_one_shape(response: HttpResponseBase) -> HttpResponseBase:
    """Refusals that Django made itself, such as a page that is not there."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith("application/json"):
        return response
    status = response.status_code
    made = json_error(status, CODES.get(status, "refused"), MESSAGES.get(status, "This request was refused."))
    if "Allow" in response:
        made["Allow"] = response["Allow"]
    return made
