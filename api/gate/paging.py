"""Lists in pages: each answer holds the cursor of the next one. The order is fixed, so that no item comes twice.

ninja's CursorPagination is not used, because programs hold our cursors and read our fields. It answers `results`,
`previous` and a whole address as `next`, and takes `page_size`; ours are `items`, a bare cursor as `next`, and `limit`.
Its cursor does not name its list: one of another list is taken, and a position that is no number is an error 500. And
it pages querysets alone, while the list of systems joins the database and the catalogue.
"""

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

DEFAULT_LIMIT = 50
MOST_ITEMS = 200
Limit = Annotated[int, Field(ge=1, le=MOST_ITEMS, description="Items in one answer.")]
Cursor = Annotated[str, Field(max_length=400, description="Where to go on: `next` of the answer before.")]


class PageQuery(Schema):
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = ""


def page_of_rows(rows: QuerySet[Row], query: PageQuery, list_name: str, show: Callable[[Row], Item]) -> dict[str, Any]:
    """Return the rows after the cursor in the order of their ids, oldest first."""
    return page_of_rows_at_once(rows, query, list_name, lambda page: [show(row) for row in page])


def page_of_rows_at_once(
    rows: QuerySet[Row], query: PageQuery, list_name: str, show: Callable[[Sequence[Row]], list[Item]]
) -> dict[str, Any]:
    """Return the same where `show` takes all rows of the page, for example to count something in one query."""
    after = read_cursor(query.cursor, list_name, int)
    wanted = rows.order_by("pk").filter(**({} if after is None else {"pk__gt": after}))
    candidates = list(wanted[: query.limit + 1])
    page = candidates[: query.limit]
    more = len(candidates) > query.limit
    return {"items": show(page), "next": write_cursor(list_name, page[-1].pk) if more else None}


def page_of_named_items(rows: Sequence[tuple[str, Item]], query: PageQuery, list_name: str) -> dict[str, Any]:
    """Return the same of (name, item) pairs in the order of their names, for a list that is no table."""
    after = read_cursor(query.cursor, list_name, str)
    candidates = [pair for pair in rows if after is None or pair[0] > after][: query.limit + 1]
    page = candidates[: query.limit]
    more = len(candidates) > query.limit
    return {"items": [item for _, item in page], "next": write_cursor(list_name, page[-1][0]) if more else None}


def write_cursor(list_name: str, position: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps([list_name, position]).encode()).decode().rstrip("=")


def read_cursor(cursor: str, list_name: str, kind: type) -> Any:
    """Return the position after which the page begins; None for the first page.

    Raises ApiError for a cursor of another list, and for what is no cursor.
    """
    if not cursor:
        return None
    cursors_list, position = _decode_cursor(cursor)
    fits = isinstance(position, kind) and not isinstance(position, bool)
    if cursors_list != list_name or not fits or (kind is int and not 0 <= position < 2**63):
        raise ApiError(
            422, "invalid", "cursor does not belong to this list. Send `next` of an earlier answer.", field="cursor"
        )
    return position


def _decode_cursor(cursor: str) -> tuple[Any, Any]:
    try:
        decoded = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None, None
    return (decoded[0], decoded[1]) if isinstance(decoded, list) and len(decoded) == 2 else (None, None)
