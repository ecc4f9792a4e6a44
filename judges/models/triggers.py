"""What a constraint cannot say: a judge's record never changes, and neither does an answer that was given.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers.py says why).
"""

from django.db import connections

# By name: the table, and which of its rows may not change.
FROZEN = {
    "judge_never_changes": ("judges_judge", "TRUE"),
    "verdict_given_never_changes": ("judges_verdict", "OLD.status = 'done'"),
}


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, (table, _which) in FROZEN.items():
            if table in tables:
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        for name, (table, which) in FROZEN.items():
            if table in tables:
                for statement in make(name, table, which):
                    cursor.execute(statement)


def _sqlite(name: str, table: str, which: str) -> list[str]:
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {name} BEFORE UPDATE ON {table} WHEN {which}
            BEGIN SELECT RAISE(ABORT, '{name}'); END"""
    ]


def _postgresql(name: str, table: str, which: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN ({which}) EXECUTE FUNCTION {name}()""",
    ]
