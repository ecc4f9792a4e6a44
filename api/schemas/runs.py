"""Runs and their summaries."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from api.gate.paging import PageQuery
from api.schemas.common import BodySchema, Instruction, Positive, Slug

WorkStatus = Literal["pending", "running", "done", "failed", "cancelled"]


class RunIn(BodySchema):
    system: Slug
    dataset: Slug
    split: Annotated[str, Field(max_length=50)] = ""
    instruction: Instruction = "medium"
    limit: Positive | None = Field(None, description="Documents, the first ones; none: all.")
    force: bool = Field(False, description="Also on documents that the system was trained on.")


class ProgressOut(Schema):
    pending: int
    running: int
    done: int
    failed: int
    cancelled: int
    total: int


class RunOut(Schema):
    id: int
    system: str
    dataset: str
    split: str
    instruction: str
    status: WorkStatus
    status_reason: str
    leaked_documents: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    summaries: ProgressOut


class RunPage(Schema):
    items: list[RunOut]
    next: str | None


class RunQuery(PageQuery):
    system: Slug | Literal[""] = ""
    dataset: Slug | Literal[""] = ""
    instruction: Instruction | Literal[""] = ""
    status: Literal["", WorkStatus] = ""


class SummaryOut(Schema):
    id: int
    run: int
    document: str
    query: str | None
    query_number: int | None = Field(description="Which of the document's queries, from 1.")
    status: WorkStatus
    text: str
    error: str
    stop_reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    dropped_tokens: int | None
    seconds: float | None
    leaked: bool
    repeated: bool
    scores: dict[str, float | None] = Field(description="By metric, under its newest signature; null: undefined.")
    finished_at: datetime | None


class SummaryPage(Schema):
    items: list[SummaryOut]
    next: str | None


class SummaryQuery(PageQuery):
    status: Literal["", WorkStatus] = ""
