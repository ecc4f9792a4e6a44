"""Values, bodies and refusals that several subjects share."""

from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, StringConstraints

MOST_INTEGER = 2_147_483_647
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=100)]
Instruction = Literal["long", "medium", "short", "query"]
SummaryFormat = Literal["rendered", "plain", "written"]
Regime = Literal["zero-shot", "fine-tuned", "baseline", "human"]
Positive = Annotated[int, Field(ge=1, le=MOST_INTEGER)]


class BodySchema(Schema):
    """Refuses fields that are not known, and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorBody(Schema):
    code: str = Field(description="For programs; does not change.")
    message: str = Field(description="For people: what was wrong, what was expected, what to do.")
    field: str = Field(description="What in the request is meant, such as systems[2]; empty: the whole of it.")


class ErrorOut(Schema):
    error: ErrorBody
