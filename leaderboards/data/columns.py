"""Columns of many rows as arrays, without a Python object for each value: a million votes would take ten seconds."""

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
# PostgreSQL's binary arrays: number of dimensions, whether one value is NULL, type, number of values, first index; then
# the length and the value of each.
HEADER = np.dtype([("dimensions", ">i4"), ("null", ">i4"), ("type", ">i4"), ("size", ">i4"), ("first", ">i4")])
Columns = dict[str, NDArray[Any]]


class Kind(Enum):
    """How a column is written in PostgreSQL's binary format, and what it is here."""

    INTEGER = (">i8", np.int64)
    FLOAT = (">f8", np.float64)
    # Two halves of 64 bits: they sort fast, and are the same bytes in every database.
    UUID = ((">u8", (2,)), np.uint64)


FIELDS = {Kind.INTEGER: BigIntegerField, Kind.FLOAT: FloatField, Kind.UUID: UUIDField}


class RowFormatError(RuntimeError):
    """The database sent rows of another form than asked for, such as with a NULL."""


def read_columns(rows: QuerySet[Any], **columns: tuple[Kind, str | Combinable]) -> Columns:
    """The named columns of the rows, in no order; no value may be NULL.

    Returns:
        By name, an array of shape (n,), or (n, 2) for a UUID.
    """
    # An alias of its own for each: a name may be a field's as well.
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


def _expression(kind: Kind, value: str | Combinable) -> Combinable:
    expression = F(value) if isinstance(value, str) else value
    # A cast fixes the width in the binary format; a UUID has one already.
    return expression if kind is Kind.UUID else Cast(expression, FIELDS[kind]())


def _empty(kind: Kind) -> NDArray[Any]:
    return np.empty((0, 2) if kind is Kind.UUID else 0, dtype=kind.value[1])


def _aggregated(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, Kind]) -> Iterator[Columns]:
    """PostgreSQL makes the arrays: to send each vote as a row takes five times as long as to find them all."""
    names = [f"column_{name}" for name in kinds]
    arrays = ", ".join(f"array_agg({name})" for name in names)
    given = f"({sql}) AS given ({', '.join([*names, 'number'])})"
    connection = connections[using]
    # No transaction of its own where there is one: the cursor only needs to be in any.
    with transaction.atomic(using, savepoint=False):
        here = connection.connection
        # Two tables of a million rows are then joined without a temporary file; for this transaction.
        here.execute("SET LOCAL work_mem = '64MB'")
        query = ClientCursor(here).mogrify(f"SELECT {arrays} FROM {given} GROUP BY number / {CHUNK}", parameters)  # noqa: S608
        with ServerCursor(here, "leaderboards_columns") as cursor:
            for name in ("int8", "float8", "uuid"):
                cursor.adapters.register_loader(here.adapters.types[name].array_oid, _Bytes)
            cursor.execute(query.encode(), binary=True)
            while found := cursor.fetchone():
                yield {
                    name: _from_array(data, name, kind) for (name, kind), data in zip(kinds.items(), found, strict=True)
                }


class _Bytes(Loader):
    """The value as it was sent."""

    format = Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> bytes:
        return bytes(data)


def _from_array(data: bytes, name: str, kind: Kind) -> NDArray[Any]:
    form, here = kind.value
    header = np.frombuffer(data, dtype=HEADER, count=1)[0]
    if header["null"]:
        raise RowFormatError(f"Column {name} has a NULL.")
    field = (form,) if isinstance(form, str) else form
    values = np.frombuffer(data, dtype=[("length", ">i4"), ("value", *field)], offset=HEADER.itemsize)
    if len(values) != header["size"] or (values["length"] != values.dtype["value"].itemsize).any():
        raise RowFormatError(f"Column {name} has values of another width than {values.dtype['value'].itemsize} bytes.")
    return values["value"].astype(here)


def _fetched(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, Kind]) -> Iterator[Columns]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(CHUNK):
            columns = list(zip(*chunk, strict=True))[:-1]  # without the primary key
            yield {
                name: _from_values(values, name, kind)
                for (name, kind), values in zip(kinds.items(), columns, strict=True)
            }


def _from_values(values: tuple[Any, ...], name: str, kind: Kind) -> NDArray[Any]:
    if None in values:
        raise RowFormatError(f"Column {name} has a NULL.")
    if kind is Kind.UUID:
        return np.frombuffer(bytes.fromhex("".join(values)), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    return np.array(values, dtype=kind.value[1])
