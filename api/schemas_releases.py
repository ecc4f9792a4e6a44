"""What the API answers about releases."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema


class ReleaseOut(Schema):
    name: str
    version: str
    status: Literal["draft", "published"]
    description: str
    licence: str
    doi: str
    sha256: str = Field(description="Of the zip file.")
    bytes: int | None
    counts: dict[str, Any] = Field(description="Rows by table, and votes left out by reason.")
    created_at: datetime
    published_at: datetime | None


class ReleasePage(Schema):
    items: list[ReleaseOut]
    next: str | None
