"""Systems: those of the database and of the catalogue."""

from typing import Annotated, Any, Literal

from ninja import Field, Schema

from api.gate.paging import PageQuery
from api.schemas.common import BodySchema, Positive, Regime, Slug


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


class SystemIn(BodySchema):
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
