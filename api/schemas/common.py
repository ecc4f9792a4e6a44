"""What the API takes and answers, apart from studies and rating. Whatever is not named here is refused."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints

from api.gate.paging import PageQuery

MOST_INTEGER = 2_147_483_647
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=100)]
Instruction = Literal["long", "medium", "short", "query"]
Regime = Literal["zero-shot", "fine-tuned", "baseline", "human"]
Positive = Annotated[int, Field(ge=1, le=MOST_INTEGER)]


class Given(Schema):
    """A body: fields that are not known are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorBody(Schema):
    code: str = Field(description="For programs; does not change.")
    message: str = Field(description="For people: what was wrong, what was expected, what to do.")
    field: str = Field(description="What in the request is meant, such as systems[2]; empty: the whole of it.")


class ErrorOut(Schema):
    error: ErrorBody


ERRORS = {(400, 401, 403, 404, 405, 409, 413, 415, 422, 429): ErrorOut}


# ---- datasets


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
    language: Annotated[str, Field(min_length=2, max_length=20)] = "en"


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


# ---- systems


class SystemOut(Schema):
    slug: str
    name: str
    adapter: str
    model_id: str
    revision: str
    regime: str
    parameters: int | None
    size_class: str
    context_window: int | None
    decoding: dict[str, Any]
    long_input: dict[str, Any]
    licence: str
    about: str
    needs: str = Field(description="What is missing before it can run; empty: it is ready.")


class SystemPage(Schema):
    items: list[SystemOut]
    next: str | None


class SystemQuery(PageQuery):
    regime: Regime | Literal[""] = ""
    state: Literal["", "ready", "needs"] = ""


Record = dict[str, Any]


class SystemIn(Given):
    """A record as in the catalogue; docs/adapters.md says what the fields mean."""

    slug: Slug
    name: Annotated[str, Field(min_length=1, max_length=200)]
    adapter: Annotated[str, Field(min_length=1, max_length=50)]
    regime: Regime
    model_id: Annotated[str, Field(max_length=300)] = ""
    revision: Annotated[str, Field(max_length=100)] = ""
    parameters: Annotated[int, Field(ge=1, le=10**15)] | None = None
    context_window: Positive | None = None
    prompt_template: Annotated[str, Field(max_length=100_000)] = ""
    decoding: Record = {}
    long_input: Record = {}
    engine: Record = {}
    base: Slug | None = None
    price: Record = {}
    licence: Annotated[str, Field(max_length=200)] = ""
    about: Annotated[str, Field(max_length=20_000)] = ""


# ---- runs


class RunIn(Given):
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
    status: Literal["pending", "running", "done", "failed", "cancelled"]
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
    status: Literal["", "pending", "running", "done", "failed", "cancelled"] = ""


class SummaryOut(Schema):
    id: int
    run: int
    document: str
    query: str | None
    status: Literal["pending", "running", "done", "failed", "cancelled"]
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
    status: Literal["", "pending", "running", "done", "failed", "cancelled"] = ""
