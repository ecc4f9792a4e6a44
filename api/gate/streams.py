"""Answers that are sent while they are read: JSON Lines."""

from collections.abc import Iterable
from typing import Any

from django.http import StreamingHttpResponse

from leaderboards.exports import CONTENT_TYPES, json_lines, parts

LINES_ANSWER: dict[str, Any] = {"responses": {200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}}}}


def lines(rows: Iterable[dict[str, object]]) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts(json_lines(rows)), content_type=CONTENT_TYPES["jsonl"])
