"""SQL written by hand, for what every rated pair waits for; the same on PostgreSQL and on SQLite.

To build such a statement anew each time takes Django longer than the database needs to answer it. PostgreSQL also keeps
the plans, where settings.py lets it. All else goes through querysets.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

Row = tuple[Any, ...]
M = TypeVar("M", bound=Model)


def fetch(sql: str, *values: object) -> list[Row]:
    """All rows of a query."""
    here = connections[DEFAULT_DB_ALIAS]
    try:
        return _fetch(here, sql, values)
    except OperationalError:
        # PostgreSQL was started anew, say. Nothing was lost but the question, unless a transaction had begun.
        if here.in_atomic_block or here.is_usable():
            raise
        here.close()
        return _fetch(here, sql, values)


def _fetch(here: BaseDatabaseWrapper, sql: str, values: Sequence[object]) -> list[Row]:
    with _cursor(here) as cursor:
        cursor.execute(sql, _given(here, values))
        rows = list(cursor.fetchall())
    # An answer is proof that the connection stands: Django need not ask for another one in this request.
    here.health_check_done = True  # type: ignore[attr-defined]  # which the stubs do not know
    return rows


def change(sql: str, *values: object) -> int:
    """How many rows were changed."""
    here = connections[DEFAULT_DB_ALIAS]
    with _cursor(here) as cursor:
        cursor.execute(sql, _given(here, values))
        return int(cursor.rowcount)


def insert(instance: Model) -> None:
    """Add a row as it stands; no default of the model is missing, and no signal is sent."""
    here = connections[DEFAULT_DB_ALIAS]
    fields, sql = _insertion(type(instance))
    values = [field.get_db_prep_save(field.pre_save(instance, add=True), here) for field in fields]
    with _cursor(here) as cursor:
        cursor.execute(sql, values)
        instance.pk = cursor.fetchone()[0]
    instance._state.adding, instance._state.db = False, here.alias


@cache
def _insertion(model: type[Model]) -> tuple[list[Any], str]:
    """The fields of a new row, whose key the database chooses, and the statement that adds it."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(str(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return fields, f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608  (no values)


def for_update(of: str) -> str:
    """Ends a query that locks its rows; on SQLite, where a transaction locks everything, it says nothing."""
    return f"FOR UPDATE OF {of}" if connection.features.has_select_for_update else ""


def from_json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


class Columns(Generic[M]):
    """All columns of a model, and its instances from rows that begin with them."""

    def __init__(self, model: type[M], table: str) -> None:
        """table: what the query calls the model's table."""
        self._model = model
        self._fields = model._meta.concrete_fields
        self._names = [field.attname for field in self._fields]
        self.sql = ", ".join(f'{table}."{field.column}"' for field in self._fields)
        self.number = len(self._fields)

    def instance(self, row: Sequence[Any]) -> M:
        values = list(row[: self.number])
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return self._model.from_db(connection.alias, self._names, values)

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """What the database gives in another type than the field has: on SQLite dates, true and false, and more."""
        found = []
        for place, field in enumerate(self._fields):
            column = field.get_col(self._model._meta.db_table)
            for convert in (*connection.ops.get_db_converters(column), *field.get_db_converters(connection)):
                found.append((place, _bound(convert, column)))
        return found


def _bound(convert: Callable[[Any, Any, Any], Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)


def _given(here: BaseDatabaseWrapper, values: Sequence[object]) -> list[object]:
    return [_adapted(here, value) if isinstance(value, (UUID, datetime)) else value for value in values]


def _adapted(here: BaseDatabaseWrapper, value: UUID | datetime) -> object:
    if isinstance(value, UUID):
        return value if here.features.has_native_uuid_field else value.hex
    return here.ops.adapt_datetimefield_value(value)


def _cursor(here: Any) -> Any:
    if here.vendor != "postgresql":
        return here.cursor()
    # Values apart from the statement, which alone lets PostgreSQL keep its plan; counted and checked like any other.
    here.ensure_connection()
    return here._prepare_cursor(_server_binding()(here.connection))


@cache
def _server_binding() -> Any:
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor
