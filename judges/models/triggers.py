"""What a constraint cannot say: a judge's record never changes.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers.py says why).
"""

from django.db import connections

FROZEN = {"judge_never_changes": "judges_judge"}


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table in FROZEN.items():
            if table in tables:
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        for name, table in FROZEN.items():
            if table in tables:
                for statement in make(name, table):
                    cursor.execute(statement)


def _sqlite(name: str, table: str) -> list[str]:
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {name} BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, '{name}'); END"""
    ]


def _postgresql(name: str, table: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';
            END $$ LANGUAGE plpgsql""",
        f"CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
