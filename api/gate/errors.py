"""The shape that every refusal of the API has."""

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse

from lib.json.errors import json_error


class ApiError(Exception):
    """A refusal.

    Attributes:
        code: names the reason for programs.
        field: what in the request is wrong, as a path such as systems[2]; empty for the whole of it.
    """

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
    405: "This address does not take this method; the header Allow names those it takes.",
    500: "Something went wrong here. Nothing was stored halfway; the server's log has the details.",
}


def message_of(status: int) -> str:
    """Say what a refusal means that brings no message of its own."""
    if status == 404:
        return f"Not found. {where('lists every address')}"
    return MESSAGES.get(status, "This request was refused.")


def where(what: str) -> str:
    """Name the page that describes the API, with the prefix of a site that has one."""
    return f"GET {reverse('api-docs')} {what}."


def refusal_in_shape(response: HttpResponseBase) -> HttpResponseBase:
    """Replace a refusal that Django itself made, such as a 404, by one in the API's shape; pass on the rest."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith("application/json"):
        return response
    status = response.status_code
    refusal = json_error(status, CODES.get(status, "refused"), message_of(status))
    if "Allow" in response:
        refusal["Allow"] = response["Allow"]
    return refusal
