"""Lists in pages: each answer names the cursor of the next one. The order is fixed, so nothing is seen twice."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Field, Schema

from api.gate.errors import ApiError

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

LIMIT = 50
MOST = 200
Limit = Annotated[int, Field(ge=1, le=MOST, description="Items in one answer.")]
Cursor = Annotated[str, Field(max_length=400, description="Where to go on: `next` of the answer before.")]


class PageQuery(Schema):
    limit: Limit = LIMIT
    cursor: Cursor = ""


def page_of(rows: QuerySet[Row], query: PageQuery, kind: str, show: Callable[[Row], Item]) -> dict[str, Any]:
    """The rows after the cursor in the order of their ids, oldest first."""
    return page_of_many(rows, query, kind, lambda found: [show(row) for row in found])


def page_of_many(
    rows: QuerySet[Row], query: PageQuery, kind: str, show: Callable[[Sequence[Row]], list[Item]]
) -> dict[str, Any]:
    """The same where what is shown is read for all rows of the page at once."""
    after = read_cursor(query.cursor, kind, int)
    found = list(rows.order_by("pk").filter(**({} if after is None else {"pk__gt": after}))[: query.limit + 1])
    shown = found[: query.limit]
    more = len(found) > query.limit
    return {"items": show(shown), "next": write_cursor(kind, shown[-1].pk) if more else None}


def page_of_list(rows: Sequence[tuple[str, Item]], query: PageQuery, kind: str) -> dict[str, Any]:
    """The same for what is no table: (name, item) pairs in the order of their names."""
    after = read_cursor(query.cursor, kind, str)
    found = [pair for pair in rows if after is None or pair[0] > after][: query.limit + 1]
    shown = found[: query.limit]
    more = len(found) > query.limit
    return {"items": [item for _, item in shown], "next": write_cursor(kind, shown[-1][0]) if more else None}


def write_cursor(kind: str, value: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps([kind, value]).encode()).decode().rstrip("=")


def read_cursor(cursor: str, kind: str, of: type) -> Any:
    """What the cursor stands for; None for the beginning. Raises ApiError for one of another list, or none at all."""
    if not cursor:
        return None
    whose, value = _decoded(cursor)
    fits = isinstance(value, of) and not isinstance(value, bool)
    if whose != kind or not fits or (of is int and not 0 <= value < 2**63):
        raise ApiError(422, "invalid", "cursor is none of this list. Send `next` of an earlier answer.", field="cursor")
    return value


def _decoded(cursor: str) -> tuple[Any, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None, None
    return (found[0], found[1]) if isinstance(found, list) and len(found) == 2 else (None, None)
