"""Judging: one judge asked about one study or one dataset."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from api.schemas.common import BodySchema, Instruction, Positive, Slug

Text = Annotated[str, Field(max_length=200)]


class PairIn(BodySchema):
    document_id: Text
    model_a: Slug
    model_b: Slug
    query: Annotated[str, Field(max_length=10_000)] = ""
    query_number: Positive | None = None


class JudgingIn(BodySchema):
    judge: Text
    study: Slug | None = Field(None, description="What it is asked about; or a dataset.")
    dataset: Slug | None = Field(None, description="In place of a study: all that systems wrote there.")
    instruction: Instruction | None = Field(None, description="Of a dataset's summaries, if there are several.")
    criteria: Annotated[list[Text], Field(max_length=100)] = Field([], description="Keys; none: the study's own.")
    sample: Positive | None = Field(None, description="Of so many pairs, or summaries, drawn by the seed.")
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    pairs: Annotated[list[PairIn], Field(max_length=10_000)] = Field([], description="Chosen pairs; none: all.")
    cost_limit: Annotated[float, Field(gt=0)] | None = Field(None, description="US dollars.")


class QuestionsOut(Schema):
    total: int
    answered: int
    failed: int
    left: int
    no_verdict: int = Field(description="Answers that hold no verdict.")


class JudgingOut(Schema):
    id: int
    judge: str
    study: str | None
    dataset: str | None
    instruction: str | None
    criteria: list[str]
    status: str = Field(description="pending, running, done, failed, cancelled or stopped, at its limit of cost.")
    status_reason: str
    questions: QuestionsOut
    dollars: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
