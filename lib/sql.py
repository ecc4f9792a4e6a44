"""Tools for SQL written by hand, the same on PostgreSQL and SQLite. They hold no statement of their own.

Most serve what every rated pair waits for: Django takes longer to build such a statement than the database takes to
answer it. PostgreSQL also keeps the plans, if settings.py allows it. Imports of votes add their rows this way as well.
All else goes through querysets.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, cached_property
from operator import attrgetter, methodcaller
from os import urandom
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import numpy as np
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState

Row = tuple[Any, ...]
# Statements whose cursor a connection to PostgreSQL keeps.
KEPT_CURSORS = 100
# Bits of a random UUID that are not random.
VERSION_MASK, VERSION_4 = np.uint64(0xFFFF_FFFF_FFFF_0FFF), np.uint64(0x4000)
VARIANT_MASK, VARIANT_RFC = np.uint64(0x3FFF_FFFF_FFFF_FFFF), np.uint64(0x8000_0000_0000_0000)
M = TypeVar("M", bound=Model)


class Statement(NamedTuple):
    """A statement that is still to be run."""

    sql: str
    values: tuple[object, ...]


def fetch(sql: str, *values: object) -> list[Row]:
    """Return all rows of a query; ask again on a new connection if the old one was lost outside a transaction."""
    here = connections[DEFAULT_DB_ALIAS]
    try:
        return _fetch(here, sql, values)
    except OperationalError:
        # For example, PostgreSQL was restarted. Unless a transaction had begun, only the question was lost.
        if here.in_atomic_block or here.is_usable():
            raise
        here.close()
        return _fetch(here, sql, values)


def _fetch(here: BaseDatabaseWrapper, sql: str, values: Sequence[object]) -> list[Row]:
    rows: list[Row] = _run(here, sql, _adapted_values(here, values), _all_rows)
    # The answer proves that the connection works: Django need not check it again in this request.
    here.health_check_done = True  # type: ignore[attr-defined]  # missing in the stubs
    return rows


def change(sql: str, *values: object) -> int:
    """Run a statement that changes rows; return how many rows it changed."""
    here = connections[DEFAULT_DB_ALIAS]
    return int(_run(here, sql, _adapted_values(here, values), _row_count))


def change_and_fetch(first: Statement, then: Statement) -> list[Row]:
    """Run a statement that changes rows, and another whose rows are returned; PostgreSQL gets both as one.

    Neither may need what the other changes: PostgreSQL runs them side by side.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if here.vendor == "postgresql":
        return _fetch(here, f"WITH first AS ({first.sql}) {then.sql}", (*first.values, *then.values))
    change(first.sql, *first.values)
    return _fetch(here, then.sql, then.values)


def insert_many(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add many rows, with COPY on PostgreSQL. Columns that are not named get the model's defaults, none of their own.

    rows: Values as both databases read them: a UUID as 32 hexadecimal digits, a time as moments() writes it.
    """
    here = connections[DEFAULT_DB_ALIAS]
    others = [f for f in model._meta.concrete_fields if f.column not in columns and not f.primary_key]
    fixed = tuple(field.get_db_prep_save(field.get_default(), here) for field in others)
    names = (*columns, *(str(field.column) for field in others))
    into = f"{model._meta.db_table} ({', '.join(here.ops.quote_name(name) for name in names)})"
    whole = ((*row, *fixed) for row in rows)
    cursor: Any
    with here.cursor() as cursor:
        if here.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in whole:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})", whole)  # noqa: S608  (no values)


def next_keys(model: type[Model], number: int) -> list[int]:
    """Return keys for new rows, ascending; ask within the transaction that adds them."""
    table = model._meta.db_table
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        sql = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        return [key for (key,) in fetch(sql, table, number)]
    last = fetch("SELECT seq FROM sqlite_sequence WHERE name = %s", table)
    first = last[0][0] + 1 if last else 1
    return list(range(first, first + number))


def stored_uuids(model: type[Model], column: str, digits: Sequence[str]) -> list[UUID]:
    """Return which of some thousand UUIDs, as 32 hexadecimal digits each, the rows of a model have in a column."""
    if not digits:
        return []
    marks = ", ".join(["%s"] * len(digits))
    rows = fetch(f"SELECT {column} FROM {model._meta.db_table} WHERE {column} IN ({marks})", *digits)  # noqa: S608  (no values)
    return [key if isinstance(key, UUID) else UUID(key) for (key,) in rows]


def random_uuids(number: int) -> np.ndarray:
    """Return random UUIDs (version 4), each as two numbers of 64 bits, in ascending order.

    Rows that are added in the order of an index change few of its pages at a time: SQLite wrote each page again and
    again where a million keys came in any order.
    """
    halves = np.frombuffer(urandom(16 * number), np.uint64).reshape(number, 2).copy()
    halves[:, 0] = np.sort(halves[:, 0] & VERSION_MASK | VERSION_4)
    halves[:, 1] = halves[:, 1] & VARIANT_MASK | VARIANT_RFC
    return halves


def uuid_digits(halves: np.ndarray) -> list[str]:
    """Return UUIDs of two numbers each as 32 hexadecimal digits."""
    return [f"{high:016x}{low:016x}" for high, low in halves.tolist()]


@contextmanager
def adding_many_rows() -> Iterator[None]:
    """Set the database up for adding many rows, inside a transaction; what refers to nothing is refused at the end.

    SQLite holds 64 MB of pages. PostgreSQL looks each row's references up by an index: it would read a table that is
    small by now to its end, for each of a million rows.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if here.vendor != "sqlite":
        fetch("SELECT set_config('enable_seqscan', 'off', true)")
        yield
        here.check_constraints()
        fetch("SELECT set_config('enable_seqscan', 'on', true)")
        return
    (size,) = fetch("PRAGMA cache_size")[0]
    fetch("PRAGMA cache_size = -65536")
    try:
        yield
    finally:
        # Past Django, which takes no more statements after an error.
        here.connection.execute(f"PRAGMA cache_size = {int(size)}")


def moments(microseconds: Iterable[int]) -> list[str]:
    """Return times since 1970 in UTC as texts that both databases read, and that are equal if the times are."""
    texts = np.datetime_as_string(np.fromiter(microseconds, np.int64).view("datetime64[us]")).tolist()
    return [text.replace("T", " ").removesuffix(".000000") for text in texts]


def has_at_most(rows: QuerySet[Any], most: int) -> bool:
    """Tell whether there are so many rows or fewer; an index counts, no further than needed."""
    return rows.order_by()[: most + 1].count() <= most


def for_update(of: str) -> str:
    """Return the clause that locks the rows of a query; empty on SQLite, where a transaction locks everything."""
    return f"FOR UPDATE OF {of}" if connection.features.has_select_for_update else ""


def pass_gate(name: str, key: int, *, close: bool) -> None:
    """Wait until nobody has closed this gate; it stays as it is left until the transaction ends.

    It locks rows that are not there yet: who adds one goes through, and who needs that none is added closes it.
    SQLite has one writer at a time.

    Args:
        close: Wait as well until nobody is in it, and keep others out.
    """
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        lock = "pg_advisory_xact_lock" if close else "pg_advisory_xact_lock_shared"
        fetch(f"SELECT {lock}(hashtextextended(%s, %s))", name, key)


def from_json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


class Columns(Generic[M]):
    """All columns of a model as SQL; makes instances of rows that begin with these columns."""

    def __init__(self, model: type[M], table: str) -> None:
        """Take the alias that the query gives to the model's table."""
        self._model = model
        self._fields = model._meta.concrete_fields
        self._names = [field.attname for field in self._fields]
        self.sql = ", ".join(f'{table}."{field.column}"' for field in self._fields)
        self.number = len(self._fields)

    def instance(self, row: Sequence[Any]) -> M:
        values = list(row[: self.number])
        for index, convert in self._converters:
            values[index] = convert(values[index])
        # Past the model's __init__, which sets each field by itself and sends signals that nobody listens to.
        instance = self._model.__new__(self._model)
        instance.__dict__.update(zip(self._names, values, strict=True))
        instance._state = ModelState()
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
        return instance

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """Converters by column index, where the database returns another type: on SQLite dates, booleans and more."""
        converters = []
        for index, field in enumerate(self._fields):
            column = field.get_col(self._model._meta.db_table)
            for convert in (*connection.ops.get_db_converters(column), *field.get_db_converters(connection)):
                converters.append((index, _bound(convert, column)))
        return converters


def _bound(convert: Callable[[Any, Any, Any], Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)


def _adapted_values(here: BaseDatabaseWrapper, values: Sequence[object]) -> list[object]:
    return [_adapted_value(here, value) if isinstance(value, (UUID, datetime)) else value for value in values]


def _adapted_value(here: BaseDatabaseWrapper, value: UUID | datetime) -> object:
    if isinstance(value, UUID):
        return value if here.features.has_native_uuid_field else value.hex
    return here.ops.adapt_datetimefield_value(value)


_all_rows = methodcaller("fetchall")
_row_count = attrgetter("rowcount")


def _run(here: Any, sql: str, values: Sequence[object], read: Callable[[Any], Any]) -> Any:
    """Run a statement, and read from its cursor what it returned."""
    if here.vendor != "postgresql":
        with here.cursor() as cursor:
            cursor.execute(sql, values)
            return read(cursor)
    here.ensure_connection()
    kept = here.connection.__dict__.setdefault("kept_cursors", {})
    if sql not in kept:
        if len(kept) >= KEPT_CURSORS:
            kept.clear()
        # PostgreSQL keeps a plan only if the values travel apart from the statement.
        kept[sql] = sql, _server_binding()(here.connection)
    # A cursor that gets the same string object again knows how to write the values and to read the answer.
    sql, cursor = kept[sql]
    cursor = here._prepare_cursor(cursor)  # Django counts it as usual
    cursor.execute(sql, values)
    return read(cursor)


@cache
def _server_binding() -> Any:
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor
