"""What a constraint cannot say: a published release never changes, but for its DOI.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers.py says why).
"""

from django.db import connections

NAME = "release_published_never_changes"
TABLE = "leaderboards_release"


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
        columns = [one.name for one in connection.introspection.get_table_description(cursor, TABLE)]
        for statement in _postgresql() if connection.vendor == "postgresql" else [_sqlite(columns)]:
            cursor.execute(statement)


def _sqlite(columns: list[str]) -> str:
    changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in columns if name != "doi")
    return f"""CREATE TRIGGER IF NOT EXISTS {NAME} BEFORE UPDATE ON {TABLE}
               WHEN OLD.publication = 'published' AND ({changed})
               BEGIN SELECT RAISE(ABORT, '{NAME}'); END"""


def _postgresql() -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger AS $$
            BEGIN
                IF OLD.publication = 'published' AND to_jsonb(NEW) - 'doi' IS DISTINCT FROM to_jsonb(OLD) - 'doi' THEN
                    RAISE EXCEPTION '{NAME}' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {NAME} BEFORE UPDATE
            ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAME}()""",
    ]
