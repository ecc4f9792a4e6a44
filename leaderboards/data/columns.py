"""Read columns of many rows as arrays.

No value becomes a Python object: a million votes would take ten seconds that way.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np
from django.db import connections, transaction
from django.db.models import BigIntegerField, F, FloatField, QuerySet, UUIDField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from numpy.typing import NDArray
from psycopg import ClientCursor, ServerCursor
from psycopg.adapt import Loader
from psycopg.pq import Format

CHUNK = 50_000
# The header of PostgreSQL's binary array; the length and the bytes of each value follow it.
HEADER = np.dtype([("dimensions", ">i4"), ("null", ">i4"), ("type", ">i4"), ("size", ">i4"), ("first", ">i4")])
Columns = dict[str, NDArray[Any]]


class ColumnType(Enum):
    """The type of a column: in PostgreSQL's binary format, and as an array."""

    INTEGER = (">i8", np.int64)
    FLOAT = (">f8", np.float64)
    # Two halves of 64 bits: they sort fast, and are the same bytes in every database.
    UUID = ((">u8", (2,)), np.uint64)


FIELDS = {ColumnType.INTEGER: BigIntegerField, ColumnType.FLOAT: FloatField, ColumnType.UUID: UUIDField}


# What a column holds: the kind of its values, and the field or expression.
Column = tuple[ColumnType, str | Combinable]


class RowFormatError(RuntimeError):
    """The database sent rows in an unexpected form, for example with a NULL."""


def read_columns(rows: QuerySet[Any], **columns: Column) -> Columns:
    """Read columns of the rows, in no order; no value may be NULL.

    Returns:
        By name, an array of shape (n,), or (n, 2) for a UUID.
    """
    # Prefixed aliases: a name may be a field's as well.
    chosen = {f"column_{name}": _expression(kind, value) for name, (kind, value) in columns.items()}
    query = rows.order_by().annotate(**chosen).values_list(*chosen, "pk").query
    kinds = {name: kind for name, (kind, _) in columns.items()}
    sql, parameters = query.sql_with_params()
    read = _aggregated if connections[rows.db].vendor == "postgresql" else _fetched
    parts: dict[str, list[NDArray[Any]]] = {name: [_empty(kind)] for name, kind in kinds.items()}
    for part in read(rows.db, sql, parameters, kinds):
        for name, values in part.items():
            parts[name].append(values)
    return {name: np.concatenate(parts.pop(name)) for name in kinds}


def _expression(kind: ColumnType, value: str | Combinable) -> Combinable:
    expression = F(value) if isinstance(value, str) else value
    # A cast fixes the width in the binary format; a UUID has one already.
    return expression if kind is ColumnType.UUID else Cast(expression, FIELDS[kind]())


def _empty(kind: ColumnType) -> NDArray[Any]:
    return np.empty((0, 2) if kind is ColumnType.UUID else 0, dtype=kind.value[1])


def _aggregated(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, ColumnType]) -> Iterator[Columns]:
    """Let PostgreSQL build the arrays: sending each vote as a row takes five times as long as finding them all."""
    names = [f"column_{name}" for name in kinds]
    arrays = ", ".join(f"array_agg({name})" for name in names)
    given = f"({sql}) AS given ({', '.join([*names, 'number'])})"
    connection = connections[using]
    # The cursor needs a transaction, but no savepoint inside one that is open.
    with transaction.atomic(using, savepoint=False):
        psycopg_connection = connection.connection
        # Enough to join two tables of a million rows without a temporary file; for this transaction only.
        psycopg_connection.execute("SET LOCAL work_mem = '64MB'")
        select = f"SELECT {arrays} FROM {given} GROUP BY number / {CHUNK}"  # noqa: S608
        query = ClientCursor(psycopg_connection).mogrify(select, parameters)
        with ServerCursor(psycopg_connection, "leaderboards_columns") as cursor:
            for name in ("int8", "float8", "uuid"):
                cursor.adapters.register_loader(psycopg_connection.adapters.types[name].array_oid, _Bytes)
            cursor.execute(query.encode(), binary=True)
            while group := cursor.fetchone():
                yield {
                    name: _from_array(data, name, kind) for (name, kind), data in zip(kinds.items(), group, strict=True)
                }


class _Bytes(Loader):
    """Load a value as the bytes that were sent."""

    format = Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> bytes:
        return bytes(data)


def _from_array(data: bytes, name: str, kind: ColumnType) -> NDArray[Any]:
    binary_type, array_type = kind.value
    header = np.frombuffer(data, dtype=HEADER, count=1)[0]
    if header["null"]:
        raise RowFormatError(f"Column {name} has a NULL.")
    field = (binary_type,) if isinstance(binary_type, str) else binary_type
    values = np.frombuffer(data, dtype=[("length", ">i4"), ("value", *field)], offset=HEADER.itemsize)
    if len(values) != header["size"] or (values["length"] != values.dtype["value"].itemsize).any():
        raise RowFormatError(f"Column {name} has values of another width than {values.dtype['value'].itemsize} bytes.")
    return values["value"].astype(array_type)


def _fetched(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, ColumnType]) -> Iterator[Columns]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(CHUNK):
            columns = list(zip(*chunk, strict=True))[:-1]  # without the primary key
            yield {
                name: _from_values(values, name, kind)
                for (name, kind), values in zip(kinds.items(), columns, strict=True)
            }


def _from_values(values: tuple[Any, ...], name: str, kind: ColumnType) -> NDArray[Any]:
    if None in values:
        raise RowFormatError(f"Column {name} has a NULL.")
    if kind is ColumnType.UUID:
        return np.frombuffer(bytes.fromhex("".join(values)), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    return np.array(values, dtype=kind.value[1])
