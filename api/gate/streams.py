"""Answers in JSON Lines, sent while their rows are read."""

from collections.abc import Iterable
from typing import Any

from django.http import StreamingHttpResponse

from leaderboards.exports import CONTENT_TYPES, json_lines, parts

JSON_LINES_RESPONSE: dict[str, Any] = {
    "responses": {200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}}}
}


def json_lines_response(rows: Iterable[dict[str, object]]) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts(json_lines(rows)), content_type=CONTENT_TYPES["jsonl"])
