"""All rows as lines of JSON, alike for both databases, so that a backup of one can be restored into the other."""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import IO, Any, cast
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader

AT_ONCE = 500

Model = type[models.Model]


class DamagedBackupError(ValueError):
    """The rows cannot be read; the message says where."""


def kept_models() -> list[Model]:
    """Return every model with a table, the tables between two models included."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def newest_migrations() -> dict[str, str]:
    """Return the newest migration of each app, which says what the tables are like."""
    graph = MigrationLoader(connection).graph
    return dict(sorted(graph.leaf_nodes()))


def write_rows(file: IO[bytes]) -> dict[str, int]:
    """Write a line for each row after a line for its table; return how many rows each table has.

    The caller opens the transaction that sees all tables as of one moment.
    """
    counts = {}
    for model in kept_models():
        names = [field.attname for field in model._meta.concrete_fields]
        _write_line(file, {"table": model._meta.label, "columns": names})
        counts[model._meta.label] = 0
        for row in model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=AT_ONCE):
            _write_line(file, row)
            counts[model._meta.label] += 1
    return counts


def _write_line(file: IO[bytes], value: object) -> None:
    file.write(json.dumps(value, ensure_ascii=False, default=_plain).encode() + b"\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"A backup does not know how to keep a {type(value).__name__}.")


def read_rows(file: Iterable[bytes]) -> dict[str, int]:
    """Put all rows into the migrated tables, whose own rows go first; return how many each table got.

    One transaction, with triggers off: they say how rows may change, and these were all allowed once. Constraints hold.

    Raises:
        DamagedBackupError: A line is none of a backup, or a table is not known here.
    """
    with transaction.atomic():
        emit_pre_migrate_signal(0, False, connection.alias)
        _empty()
        counts = {}
        for model, columns, rows in _tables(file):
            counts[model._meta.label] = _insert(model, columns, rows)
        connection.check_constraints()
        _reset_sequences()
        emit_post_migrate_signal(0, False, connection.alias)
    return counts


def _empty() -> None:
    with connection.cursor() as cursor:
        for model in kept_models():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def _tables(file: Iterable[bytes]) -> Iterator[tuple[Model, list[str], Iterator[list[Any]]]]:
    lines = (_value(line) for line in file)
    head = next(lines, None)
    while head is not None:
        try:
            model, columns = apps.get_model(head["table"]), head["columns"]
        except (LookupError, TypeError, KeyError) as error:
            raise DamagedBackupError(f"These rows are of no table that is known here: {str(head)[:100]}") from error
        following: list[Any] = []
        yield model, columns, _until_next_table(lines, following)
        head = following[0] if following else None


def _until_next_table(lines: Iterator[Any], following: list[Any]) -> Iterator[list[Any]]:
    for value in lines:
        if isinstance(value, dict):
            following.append(value)
            return
        yield value


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise DamagedBackupError(f"This line of the rows cannot be read: {line[:100]!r}") from error


def _insert(model: Model, columns: list[str], rows: Iterator[list[Any]]) -> int:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    inserted = 0
    while batch := list(islice(rows, AT_ONCE)):
        made = [model(**{f.attname: _read(f, value) for f, value in zip(fields, row, strict=True)}) for row in batch]
        # Raw, or dates that Django sets by itself would be those of the restoration.
        manager = cast(Any, model._base_manager)
        size = connection.ops.bulk_batch_size(fields, made)
        for start in range(0, len(made), size):
            manager._insert(made[start : start + size], fields=fields, using=connection.alias, raw=True)
        inserted += len(batch)
    return inserted


def _read(field: Any, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value)
    if isinstance(field, models.DurationField):
        return timedelta(seconds=value)
    return field.target_field.to_python(value) if field.is_relation else field.to_python(value)


def _reset_sequences() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept_models()):
            cursor.execute(statement)
