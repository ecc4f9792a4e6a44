"""Triggers on both engines: what a constraint cannot say of a row, or of a change of one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connections


@dataclass(frozen=True)
class Refusal:
    """A trigger that refuses rows; the database's error is its name.

    Attributes:
        name: The trigger's, and its function's on PostgreSQL.
        table: Where it stands.
        moment: "INSERT" or "UPDATE".
        refused: A condition on NEW and OLD, in SQL that both engines read.
    """

    name: str
    table: str
    moment: str
    refused: str = "TRUE"


def drop(using: str, tables: Mapping[str, str]) -> None:
    """Drop triggers, given by name with their table, where they and their tables exist."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table in tables.items():
            if table in existing:
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def ensure(using: str, refusals: Iterable[Refusal]) -> None:
    """Create those that do not exist, on tables that exist: a database may be migrated back to before them."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    statements = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with connection.cursor() as cursor:
        for refusal in refusals:
            if refusal.table in existing:
                for statement in statements(refusal):
                    cursor.execute(statement)


def _on_sqlite(refusal: Refusal) -> list[str]:
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {refusal.name} BEFORE {refusal.moment} ON {refusal.table}
            WHEN {refusal.refused} BEGIN SELECT RAISE(ABORT, '{refusal.name}'); END"""
    ]


def _on_postgresql(refusal: Refusal) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {refusal.name}() RETURNS trigger AS $$
            BEGIN
                IF {refusal.refused} THEN
                    RAISE EXCEPTION '{refusal.name}' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {refusal.name} BEFORE {refusal.moment} ON {refusal.table}
            FOR EACH ROW EXECUTE FUNCTION {refusal.name}()""",
    ]
