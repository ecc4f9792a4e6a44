"""Read bodies and query parameters, and refuse what is too large or could be read in two ways."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from api.gate.errors import ApiError
from models_runner.importing.files import parse_json
from models_runner.importing.records import RecordError, storable_problem

# Here the body is a file. The importers read it record by record and say where something is wrong.
UPLOAD_PATHS = re.compile(r"/api/v1/(datasets/[^/]+/(documents|summaries)|studies/[^/]+/(votes|marks))")
JSON = "application/json"
JSON_LINES = ("application/jsonl", "application/x-ndjson")
PARSED_BODY = "_parsed_body"


class StrictParser(Parser):
    """Gives ninja the body that the gate has read and checked."""

    def parse_body(self, request: HttpRequest) -> Any:
        return getattr(request, PARSED_BODY)


def read_body(request: HttpRequest) -> None:
    """Read the body into the request and check it. Raises ApiError."""
    upload = UPLOAD_PATHS.fullmatch(request.path_info) is not None
    limit = settings.API_UPLOAD_BYTES if upload else settings.API_BODY_BYTES
    body = b"" if _declared_length(request) > limit else request.read(limit + 1)
    if _declared_length(request) > limit or len(body) > limit:
        raise ApiError(413, "too_large", f"The body has more than {limit:,} bytes, which is the limit here.")
    request._body = body  # what request.body answers from now on
    if not body:
        return
    kind = (request.content_type or "").lower()
    if kind != JSON and not (upload and kind in JSON_LINES):
        expected = " or ".join((JSON, JSON_LINES[0])) if upload else JSON
        raise ApiError(415, "unknown_type", f"The body is {kind or 'of no type'}; expected Content-Type: {expected}.")
    if not upload:
        setattr(request, PARSED_BODY, _parse_json_body(body))


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _parse_json_body(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(400, "bad_json", f"The body is not UTF-8: byte {error.start} is wrong.") from error
    try:
        value = parse_json(text, "The body")
    except RecordError as error:
        twice = re.search(r"the key '(.*)' is there twice", str(error), re.DOTALL)
        raise ApiError(400, "bad_json", _printable(str(error)), field=_printable(twice[1]) if twice else "") from error
    for path, problem in _storage_problems(value, ""):
        raise ApiError(422, "invalid", f"{path or 'The body'} {problem}", field=path)
    return value


def _storage_problems(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path, problem) for every text in the body that no database can store."""
    if isinstance(value, str):
        if problem := storable_problem(value):
            yield path, problem
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _storage_problems(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            name = f"{path}.{_printable(key)}" if path else _printable(key)
            if problem := storable_problem(key):
                yield name, problem
            yield from _storage_problems(item, name)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:200]


def check_query(request: HttpRequest, parameters: frozenset[str]) -> None:
    """Raise ApiError for a parameter that is not known here, is there twice, or cannot be stored as text."""
    for name, values in request.GET.lists():
        shown = _printable(name)
        if name not in parameters:
            expected = ", ".join(sorted(parameters)) or "none"
            raise ApiError(
                422, "invalid", f"{shown} is not a parameter of this address. Expected: {expected}.", field=shown
            )
        if len(values) > 1:
            raise ApiError(422, "invalid", f"{shown} is there {len(values)} times; expected once.", field=shown)
        if problem := storable_problem(values[0]):
            raise ApiError(422, "invalid", f"{shown} {problem}", field=shown)
