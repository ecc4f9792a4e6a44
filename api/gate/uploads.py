"""Bodies that are files, put on disk for the importers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.http import HttpRequest

from api.gate.body import JSON, JSON_LINES
from api.gate.errors import ApiError

RECORDS = {"type": "array", "items": {"type": "object"}}
# For the description of the API: ninja describes only bodies that have a schema class.
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": RECORDS}, JSON_LINES[0]: {"schema": {"type": "string"}}},
    }
}


@contextmanager
def uploaded_file(request: HttpRequest) -> Iterator[Path]:
    """Put the body into a file, whose name says what it holds, until the block ends."""
    if not request.body:
        message = "The body is empty. Expected JSON Lines, a record a line, or a JSON list of records."
        raise ApiError(400, "bad_request", message)
    ending = "json" if (request.content_type or "").lower() == JSON else "jsonl"
    with tempfile.TemporaryDirectory(prefix="punchweight-upload-") as folder:
        path = Path(folder) / f"body.{ending}"
        path.write_bytes(request.body)
        yield path
