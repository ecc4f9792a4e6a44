"""Releases of a study's votes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

from api.schemas.common import BodySchema

Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$", max_length=50)]


class ReleaseIn(BodySchema):
    """A draft; docs/releases.md says what is in it."""

    licence: Annotated[str, Field(min_length=1, max_length=200, description="Of the votes, such as CC-BY-4.0.")]
    name: Annotated[str, Field(max_length=200, description="The study's title if left out.")] = ""
    version: Version | Literal[""] = Field("", description="The next whole one if left out.")
    description: Annotated[str, Field(max_length=5_000)] = ""
    include_comments: bool = False
    include_excluded: bool = False


class ReleaseOut(Schema):
    study: str
    name: str
    version: str
    status: Literal["draft", "published"]
    state: Literal["pending", "running", "done", "failed"] = Field(description="Of the files, which a worker writes.")
    reason: str = Field(description="Why the files could not be written; empty unless they failed.")
    rows_done: int
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
