"""Bodies that are files, as the importers read them: from disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.http import HttpRequest

from api.gate.body import JSON, LINES
from api.gate.errors import ApiError

ROWS = {"type": "array", "items": {"type": "object"}}
# For the description of the API: ninja knows bodies of schemas only.
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": ROWS}, LINES[0]: {"schema": {"type": "string"}}},
    }
}


@contextmanager
def uploaded(request: HttpRequest) -> Iterator[Path]:
    """The body as a file, named by what it holds, until the block ends."""
    if not request.body:
        message = "The body is empty. Expected JSON Lines, a record a line, or a JSON list of records."
        raise ApiError(400, "bad_request", message)
    ending = "json" if (request.content_type or "").lower() == JSON else "jsonl"
    with tempfile.TemporaryDirectory(prefix="punchweight-upload-") as folder:
        path = Path(folder) / f"body.{ending}"
        path.write_bytes(request.body)
        yield path
