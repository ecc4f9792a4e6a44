"""Datasets with their documents, and summaries made elsewhere."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from api.gate.paging import PageQuery
from api.schemas.common import Instruction, Slug


class DatasetOut(Schema):
    name: str
    description: str
    documents: int
    created_at: datetime


class DatasetPage(Schema):
    items: list[DatasetOut]
    next: str | None


class DocumentOut(Schema):
    id: str
    title: str
    split: str
    language: str
    words: int
    position: int


class DocumentPage(Schema):
    items: list[DocumentOut]
    next: str | None


class DocumentQuery(PageQuery):
    split: Annotated[str, Field(max_length=50)] = ""


class UploadQuery(Schema):
    split: Annotated[str, Field(max_length=50)] = ""
    language: Annotated[str, Field(max_length=60)] = Field(
        "", description="Of documents that name none: a code or a name; left out: found from the text of each."
    )
    licence: Annotated[str, Field(max_length=200)] = Field("", description="Of documents that name none.")
    redistributable: bool | None = Field(None, description="Of documents that do not say; none: they may not.")


class UploadOut(Schema):
    dataset: str
    added: int
    unchanged: int
    without_reference: int


class SummariesQuery(Schema):
    system: Slug | Literal[""] = ""
    instruction: Instruction = "medium"


class SummariesOut(Schema):
    """Of one run: the summaries of one system under one instruction."""

    run: int
    system: str
    added: int
    unchanged: int
    withheld: int = Field(description="Summaries that a release withholds, and that are not here.")
