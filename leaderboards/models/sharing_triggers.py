"""What a constraint cannot say of what is shared.

- A link is never changed, but by revoking it, once, and by counting who opens it. What stands in public never is: it
  is taken down, and put up anew.
- Nothing is shared while rating goes on unless its maker insisted and said why.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers says why).
"""

from django.db import connections

from lib import triggers

LINK, PUBLIC, STUDIES = "leaderboards_sharedlink", "leaderboards_publicboard", "annotations_study"
FIXED = "shared_link_only_ends"
PUBLIC_FIXED = "public_board_never_changes"
OVER = "shared_while_rating_has_reason"
COUNTED = ("opened", "last_opened_at", "minute", "used_in_minute")
OF_TABLE = {LINK: (FIXED, f"{OVER}_link"), PUBLIC: (PUBLIC_FIXED, f"{OVER}_public")}


def drop_sharing_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, {name: table for table, names in OF_TABLE.items() for name in names})


def ensure_sharing_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    if not {LINK, PUBLIC, STUDIES} <= set(connection.introspection.table_names()):
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, LINK)]
        for statement in _postgresql() if connection.vendor == "postgresql" else _sqlite(columns):
            cursor.execute(statement)


def _sqlite(columns: list[str]) -> list[str]:
    changed = " OR ".join(
        f'NEW."{name}" IS NOT OLD."{name}"' for name in sorted(columns) if name not in (*COUNTED, "revoked_at")
    )
    fixed = f"""CREATE TRIGGER IF NOT EXISTS {FIXED} BEFORE UPDATE ON {LINK}
                WHEN {changed} OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)
                BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"""
    over = [
        f"""CREATE TRIGGER IF NOT EXISTS {OF_TABLE[table][-1]} BEFORE INSERT ON {table}
            WHEN NEW.insisted = '' AND {_goes_on()} BEGIN SELECT RAISE(ABORT, '{OVER}'); END"""
        for table in (LINK, PUBLIC)
    ]
    public = f"""CREATE TRIGGER IF NOT EXISTS {PUBLIC_FIXED} BEFORE UPDATE ON {PUBLIC}
                 BEGIN SELECT RAISE(ABORT, '{PUBLIC_FIXED}'); END"""
    return [fixed, public, *over]


def _goes_on() -> str:
    """Condition: at the time of the new row its study was neither closed nor past the end of its rating."""
    over = "status = 'closed' OR (closes_at IS NOT NULL AND closes_at <= NEW.created_at)"
    return f"(SELECT NOT ({over}) FROM {STUDIES} WHERE id = NEW.study_id)"  # noqa: S608


def _postgresql() -> list[str]:
    counted = "".join(f" - '{name}'" for name in (*COUNTED, "revoked_at"))
    return [
        f"""CREATE OR REPLACE FUNCTION {FIXED}() RETURNS trigger AS $$
            BEGIN
                IF to_jsonb(NEW){counted} IS DISTINCT FROM to_jsonb(OLD){counted}
                   OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
                    RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {FIXED} BEFORE UPDATE ON {LINK} FOR EACH ROW EXECUTE FUNCTION {FIXED}()""",
        f"""CREATE OR REPLACE FUNCTION {PUBLIC_FIXED}() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '{PUBLIC_FIXED}' USING ERRCODE = 'check_violation';
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {PUBLIC_FIXED} BEFORE UPDATE ON {PUBLIC}
            FOR EACH ROW EXECUTE FUNCTION {PUBLIC_FIXED}()""",
        f"""CREATE OR REPLACE FUNCTION {OVER}() RETURNS trigger AS $$
            BEGIN
                IF NEW.insisted = '' AND {_goes_on()} THEN
                    RAISE EXCEPTION '{OVER}' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql""",
        *(
            f"""CREATE OR REPLACE TRIGGER {OF_TABLE[table][-1]} BEFORE INSERT ON {table}
                FOR EACH ROW EXECUTE FUNCTION {OVER}()"""
            for table in (LINK, PUBLIC)
        ),
    ]
