"""Creates the triggers for what constraints cannot express.

The last active administrator can be neither demoted nor deactivated. An invitation that is accepted or revoked stays
so, and so does the change of a mail address. No account gets the mail address of another one, in capitals or not;
accounts that have shared one since before this rule keep it. The audit trail never changes. As for
annotations.models.triggers, they are made anew after every migrate.
"""

from django.db import connections

from lib import triggers

FINAL = "account_invitation_is_final"
APPEND_ONLY = "account_event_is_append_only"
CHANGE_FINAL = "address_change_is_final"
# PostgreSQL has one trigger for both.
ADDRESS_ONCE = "mail_address_once"
ADDRESS_ONCE_NEW = f"{ADDRESS_ONCE}_new"
TABLES = {
    "last_administrator_stays": "auth_user",
    FINAL: "accounts_accountinvitation",
    APPEND_ONLY: "accounts_accountevent",
    CHANGE_FINAL: "accounts_addresschange",
    ADDRESS_ONCE: "auth_user",
    ADDRESS_ONCE_NEW: "auth_user",
}


def _stays(*columns: str) -> str:
    """Condition: one of these was set, and is another now."""
    changed = "(OLD.{0} IS NOT NULL AND (NEW.{0} IS NULL OR NEW.{0} <> OLD.{0}))"
    return " OR ".join(changed.format(column) for column in columns)


_FINAL = _stays("accepted_at", "revoked_at")
_CHANGE_FINAL = _stays("confirmed_at", "cancelled_at")
_TAKEN = """NEW.email <> '' AND EXISTS
       (SELECT 1 FROM auth_user WHERE lower(email) = lower(NEW.email) AND id <> NEW.id)"""

SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS last_administrator_stays BEFORE UPDATE OF is_active, is_superuser ON auth_user
       WHEN OLD.is_active AND OLD.is_superuser AND NOT (NEW.is_active AND NEW.is_superuser)
       AND NOT EXISTS (SELECT 1 FROM auth_user WHERE is_active AND is_superuser AND id <> OLD.id)
       BEGIN SELECT RAISE(ABORT, 'last_administrator_stays'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {FINAL} BEFORE UPDATE OF accepted_at, revoked_at ON accounts_accountinvitation
       WHEN {_FINAL}
       BEGIN SELECT RAISE(ABORT, '{FINAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {CHANGE_FINAL}
       BEFORE UPDATE OF confirmed_at, cancelled_at ON accounts_addresschange WHEN {_CHANGE_FINAL}
       BEGIN SELECT RAISE(ABORT, '{CHANGE_FINAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {ADDRESS_ONCE} BEFORE UPDATE OF email ON auth_user
       WHEN NEW.email <> OLD.email AND {_TAKEN}
       BEGIN SELECT RAISE(ABORT, '{ADDRESS_ONCE}'); END""",
    # After, for the new row's id is not known before.
    f"""CREATE TRIGGER IF NOT EXISTS {ADDRESS_ONCE_NEW} AFTER INSERT ON auth_user
       WHEN {_TAKEN}
       BEGIN SELECT RAISE(ABORT, '{ADDRESS_ONCE}'); END""",
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
    f"""CREATE OR REPLACE TRIGGER {CHANGE_FINAL} BEFORE UPDATE OF confirmed_at, cancelled_at ON accounts_addresschange
       FOR EACH ROW WHEN ({_CHANGE_FINAL}) EXECUTE FUNCTION account_row_is_fixed()""",
    # One transaction at a time checks an address: two accounts that take it at once must not both succeed.
    f"""CREATE OR REPLACE FUNCTION {ADDRESS_ONCE}() RETURNS trigger AS $$
       BEGIN
           PERFORM pg_advisory_xact_lock(hashtext('{ADDRESS_ONCE}' || lower(NEW.email)));
           IF {_TAKEN} THEN
               RAISE EXCEPTION '{ADDRESS_ONCE}' USING ERRCODE = 'unique_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    f"""CREATE OR REPLACE TRIGGER {ADDRESS_ONCE} BEFORE UPDATE OF email ON auth_user
       FOR EACH ROW WHEN (NEW.email <> '' AND NEW.email <> OLD.email) EXECUTE FUNCTION {ADDRESS_ONCE}()""",
    f"""CREATE OR REPLACE TRIGGER {ADDRESS_ONCE_NEW} BEFORE INSERT ON auth_user
       FOR EACH ROW WHEN (NEW.email <> '') EXECUTE FUNCTION {ADDRESS_ONCE}()""",
    f"""CREATE OR REPLACE TRIGGER {APPEND_ONLY} BEFORE UPDATE ON accounts_accountevent
       FOR EACH ROW EXECUTE FUNCTION account_row_is_fixed()""",
)


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, TABLES)


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    if not set(TABLES.values()) <= set(connection.introspection.table_names()):
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
