"""Creates the triggers for what constraints cannot express.

The last active administrator can be neither demoted nor deactivated. An invitation that is accepted or revoked stays
so. The audit trail never changes. As for annotations.models.triggers, they are made anew after every migrate.
"""

from django.db import connections

FINAL = "account_invitation_is_final"
APPEND_ONLY = "account_event_is_append_only"
TABLES = {
    "last_administrator_stays": "auth_user",
    FINAL: "accounts_accountinvitation",
    APPEND_ONLY: "accounts_accountevent",
}

_FINAL = """(OLD.accepted_at IS NOT NULL AND (NEW.accepted_at IS NULL OR NEW.accepted_at <> OLD.accepted_at))
       OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NULL OR NEW.revoked_at <> OLD.revoked_at))"""

SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS last_administrator_stays BEFORE UPDATE OF is_active, is_superuser ON auth_user
       WHEN OLD.is_active AND OLD.is_superuser AND NOT (NEW.is_active AND NEW.is_superuser)
       AND NOT EXISTS (SELECT 1 FROM auth_user WHERE is_active AND is_superuser AND id <> OLD.id)
       BEGIN SELECT RAISE(ABORT, 'last_administrator_stays'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {FINAL} BEFORE UPDATE OF accepted_at, revoked_at ON accounts_accountinvitation
       WHEN {_FINAL}
       BEGIN SELECT RAISE(ABORT, '{FINAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {APPEND_ONLY} BEFORE UPDATE ON accounts_accountevent
       BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
)

POSTGRESQL = (
    # One transaction at a time checks: two administrators who demote each other at once must not both succeed.
    """CREATE OR REPLACE FUNCTION last_administrator_stays() RETURNS trigger AS $$
       BEGIN
           PERFORM pg_advisory_xact_lock(hashtext('last_administrator_stays'));
           IF NOT EXISTS (SELECT 1 FROM auth_user WHERE is_active AND is_superuser AND id <> OLD.id) THEN
               RAISE EXCEPTION 'last_administrator_stays' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER last_administrator_stays BEFORE UPDATE OF is_active, is_superuser ON auth_user
       FOR EACH ROW WHEN (OLD.is_active AND OLD.is_superuser AND NOT (NEW.is_active AND NEW.is_superuser))
       EXECUTE FUNCTION last_administrator_stays()""",
    """CREATE OR REPLACE FUNCTION account_row_is_fixed() RETURNS trigger AS $$
       BEGIN
           RAISE EXCEPTION '%', TG_NAME USING ERRCODE = 'check_violation';
       END $$ LANGUAGE plpgsql""",
    f"""CREATE OR REPLACE TRIGGER {FINAL} BEFORE UPDATE OF accepted_at, revoked_at ON accounts_accountinvitation
       FOR EACH ROW WHEN ({_FINAL}) EXECUTE FUNCTION account_row_is_fixed()""",
    f"""CREATE OR REPLACE TRIGGER {APPEND_ONLY} BEFORE UPDATE ON accounts_accountevent
       FOR EACH ROW EXECUTE FUNCTION account_row_is_fixed()""",
)


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            if table in existing:
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    if not set(TABLES.values()) <= set(connection.introspection.table_names()):
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
