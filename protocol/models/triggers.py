"""What a constraint cannot say: a protocol on record never changes.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers.py says why).
"""

from django.db import connections

NAME = "protocol_record_is_append_only"
TABLE = "protocol_protocolrecord"


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER IF EXISTS {NAME}{on_table}")


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return  # migrated back to before the table
    with connection.cursor() as cursor:
        for statement in _postgresql() if connection.vendor == "postgresql" else [_sqlite()]:
            cursor.execute(statement)


def _sqlite() -> str:
    return f"""CREATE TRIGGER IF NOT EXISTS {NAME} BEFORE UPDATE ON {TABLE}
               BEGIN SELECT RAISE(ABORT, '{NAME}'); END"""


def _postgresql() -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '{NAME}' USING ERRCODE = 'check_violation';
            END $$ LANGUAGE plpgsql""",
        f"CREATE OR REPLACE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAME}()",
    ]
