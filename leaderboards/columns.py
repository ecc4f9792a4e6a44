"""Columns of many rows as arrays, without a Python object for each value: a million votes would take ten seconds."""

from enum import Enum
from typing import Any

import numpy as np
from django.db import connections
from django.db.models import BigIntegerField, F, FloatField, QuerySet, UUIDField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from numpy.typing import NDArray

CHUNK = 50_000
# PostgreSQL's binary COPY: a header of 19 bytes, rows of (fields, then length and value of each), 2 bytes at the end.
HEADER, TRAILER = 19, 2


class Kind(Enum):
    """How a column is written in PostgreSQL's binary format, and what it is here."""

    INTEGER = (">i8", np.int64)
    FLOAT = (">f8", np.float64)
    # Two halves of 64 bits: they sort fast, and are the same bytes in every database.
    UUID = ((">u8", (2,)), np.uint64)


FIELDS = {Kind.INTEGER: BigIntegerField, Kind.FLOAT: FloatField, Kind.UUID: UUIDField}


class RowFormatError(RuntimeError):
    """The database sent rows of another form than asked for, such as with a NULL."""


def read_columns(rows: QuerySet[Any], **columns: tuple[Kind, str | Combinable]) -> dict[str, NDArray[Any]]:
    """The named columns of the rows, in no order; no value may be NULL.

    Returns:
        By name, an array of shape (n,), or (n, 2) for a UUID.
    """
    # An alias of its own for each: a name may be a field's as well.
    chosen = {f"column_{name}": _expression(kind, value) for name, (kind, value) in columns.items()}
    query = rows.order_by().annotate(**chosen).values_list(*chosen).query
    kinds = {name: kind for name, (kind, _) in columns.items()}
    sql, parameters = query.sql_with_params()
    read = _copied if connections[rows.db].vendor == "postgresql" else _fetched
    return read(rows.db, sql, parameters, kinds)


def _expression(kind: Kind, value: str | Combinable) -> Combinable:
    expression = F(value) if isinstance(value, str) else value
    # A cast fixes the width in the binary format; a UUID has one already.
    return expression if kind is Kind.UUID else Cast(expression, FIELDS[kind]())


def _copied(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, Kind]) -> dict[str, NDArray[Any]]:
    connection = connections[using]
    connection.ensure_connection()
    # psycopg's own cursor: Django's takes no parameters here.
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)", parameters) as parts,
    ):
        data = b"".join(parts)
    row = np.dtype(
        [("fields", ">i2")]
        + [field for name, kind in kinds.items() for field in ((f"{name} length", ">i4"), _field(name, kind))]
    )
    size = len(data) - HEADER - TRAILER
    if size % row.itemsize:
        raise RowFormatError(f"{size} bytes are no whole number of rows of {row.itemsize} bytes: is a value NULL?")
    table = np.frombuffer(data, dtype=row, count=size // row.itemsize, offset=HEADER)
    for name in kinds:
        if (table[f"{name} length"] != row[name].itemsize).any():
            raise RowFormatError(f"Column {name} has values of another width than {row[name].itemsize} bytes.")
    return {name: table[name].astype(kind.value[1]) for name, kind in kinds.items()}


def _field(name: str, kind: Kind) -> tuple[Any, ...]:
    form = kind.value[0]
    return (name, *form) if isinstance(form, tuple) else (name, form)


def _fetched(using: str, sql: str, parameters: tuple[Any, ...], kinds: dict[str, Kind]) -> dict[str, NDArray[Any]]:
    parts: dict[str, list[NDArray[Any]]] = {name: [_empty(kind)] for name, kind in kinds.items()}
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(CHUNK):
            for (name, kind), values in zip(kinds.items(), zip(*chunk, strict=True), strict=True):
                parts[name].append(_array(kind, values))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def _empty(kind: Kind) -> NDArray[Any]:
    return np.empty((0, 2) if kind is Kind.UUID else 0, dtype=kind.value[1])


def _array(kind: Kind, values: tuple[Any, ...]) -> NDArray[Any]:
    if kind is Kind.UUID:
        return np.frombuffer(bytes.fromhex("".join(values)), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    return np.array(values, dtype=kind.value[1])
