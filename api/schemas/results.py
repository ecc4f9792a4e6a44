"""Which votes count on a board, and votes that are added."""

from types import GenericAlias
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import create_model

from leaderboards.exports.columns import FLAG, NUMBER, TEXT, WHOLE
from leaderboards.exports.looks import LOOK_COLUMNS

Short = Annotated[str, Field(max_length=50)]


class FilterQuery(Schema):
    """Which votes count and how, as the addresses of boards say; empty: as on the page."""

    judges: Literal["", "all", "human", "llm"] = ""
    flagged: Literal["", "in", "out"] = Field("", description="out: without votes on summaries that name their model.")
    language: Short = Field("", description="Of the document.")
    length: Literal["", "short", "medium", "long"] = Field("", description="Of the document.")
    split: Short = ""
    group: Short = Field("", description="Of annotators: open, personal, imported, or an invitation's number.")
    size: Literal["", "compact", "mid", "large"] = Field("", description="Of systems.")
    ties: Literal["", "half", "dropped", "davidson"] = ""
    strength: Literal["", "ordinal"] = Field("", description="ordinal: much better says more than slightly better.")
    weights: Literal["", "equal", "chance", "reliability"] = ""
    control: Literal["", "length", "style"] = ""
    raters: Literal["", "all", "unflagged"] = Field(
        "", description="unflagged: without annotators whom a check of the quality page flags."
    )
    anchor: Annotated[str, Field(max_length=100)] = Field(
        "", description="The system whose rating is fixed at 1000, by its slug; empty: the mean of all."
    )


class VotesQuery(FilterQuery):
    criterion: Annotated[str, Field(max_length=50, pattern=r"^[-a-zA-Z0-9_]*$")] = ""


class MarksOut(Schema):
    added: int
    unchanged: int
    annotators: int
    readings: int = Field(description="Summaries that somebody is newly known to have read for errors.")
    new_kinds: list[str] = Field(description="Kinds of errors that the study had not.")


class VotesOut(Schema):
    added: int
    unchanged: int
    judges: int


_KINDS: dict[str, type] = {TEXT: str, WHOLE: int, NUMBER: float, FLAG: bool}
_FIELDS: dict[str, Any] = {
    name: (
        _KINDS[kind] if name in {"number", "planned_by", "taken"} else _KINDS[kind] | None,
        Field(description=meaning),
    )
    for name, (kind, meaning) in LOOK_COLUMNS.items()
}
# Planned looks, with the columns of an export.
LooksOut: Any = GenericAlias(list, (create_model("LookOut", __base__=Schema, **_FIELDS),))
