"""What a constraint cannot say: a published release never changes, but for its DOI; simulated votes are never released;
a planned look that was taken stays as it was found.

Created after every migrate and dropped before, as those of annotations (annotations/models/triggers says why).
"""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from lib import triggers

FROZEN = "release_published_never_changes"
REAL = ("release_never_of_simulated_votes", "release_never_moved_to_simulated_votes")
TABLE = "leaderboards_release"
STUDIES = "annotations_study"
TAKEN, LOOKS = "taken_look_never_changes", "leaderboards_takenlook"
SQLITE_REAL = (
    """CREATE TRIGGER IF NOT EXISTS release_never_of_simulated_votes BEFORE INSERT ON leaderboards_release
       WHEN (SELECT simulated FROM annotations_study WHERE id = NEW.study_id)
       BEGIN SELECT RAISE(ABORT, 'release_never_of_simulated_votes'); END""",
    """CREATE TRIGGER IF NOT EXISTS release_never_moved_to_simulated_votes
       BEFORE UPDATE OF study_id ON leaderboards_release
       WHEN (SELECT simulated FROM annotations_study WHERE id = NEW.study_id)
       BEGIN SELECT RAISE(ABORT, 'release_never_of_simulated_votes'); END""",
)
POSTGRESQL_REAL = (
    """CREATE OR REPLACE FUNCTION release_never_of_simulated_votes() RETURNS trigger AS $$
       BEGIN
           IF (SELECT simulated FROM annotations_study WHERE id = NEW.study_id) THEN
               RAISE EXCEPTION 'release_never_of_simulated_votes' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER release_never_of_simulated_votes BEFORE INSERT OR UPDATE OF study_id
       ON leaderboards_release FOR EACH ROW EXECUTE FUNCTION release_never_of_simulated_votes()""",
)


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, dict.fromkeys((FROZEN, *REAL), TABLE) | {TAKEN: LOOKS})


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    _ensure_looks_stay(connection)
    if not {TABLE, STUDIES} <= set(connection.introspection.table_names()):
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, TABLE)]
        of_study = {column.name for column in connection.introspection.get_table_description(cursor, STUDIES)}
        if connection.vendor == "postgresql":
            statements = [*_postgresql_frozen(), *(POSTGRESQL_REAL if "simulated" in of_study else ())]
        else:
            statements = [_sqlite_frozen(columns), *(SQLITE_REAL if "simulated" in of_study else ())]
        for statement in statements:
            cursor.execute(statement)


def _ensure_looks_stay(connection: BaseDatabaseWrapper) -> None:
    if LOOKS not in connection.introspection.table_names():
        return  # migrated back to before the table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"""CREATE OR REPLACE FUNCTION {TAKEN}() RETURNS trigger AS $$
                    BEGIN
                        RAISE EXCEPTION '{TAKEN}' USING ERRCODE = 'check_violation';
                    END $$ LANGUAGE plpgsql"""
            )
            cursor.execute(
                f"""CREATE OR REPLACE TRIGGER {TAKEN} BEFORE UPDATE
                    ON {LOOKS} FOR EACH ROW EXECUTE FUNCTION {TAKEN}()"""
            )
        else:
            cursor.execute(
                f"""CREATE TRIGGER IF NOT EXISTS {TAKEN} BEFORE UPDATE ON {LOOKS}
                    BEGIN SELECT RAISE(ABORT, '{TAKEN}'); END"""
            )


def _sqlite_frozen(columns: list[str]) -> str:
    changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in sorted(columns) if name != "doi")
    return f"""CREATE TRIGGER IF NOT EXISTS {FROZEN} BEFORE UPDATE ON {TABLE}
               WHEN OLD.publication = 'published' AND ({changed})
               BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END"""


def _postgresql_frozen() -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {FROZEN}() RETURNS trigger AS $$
            BEGIN
                IF OLD.publication = 'published' AND to_jsonb(NEW) - 'doi' IS DISTINCT FROM to_jsonb(OLD) - 'doi' THEN
                    RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql""",
        f"""CREATE OR REPLACE TRIGGER {FROZEN} BEFORE UPDATE
            ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {FROZEN}()""",
    ]
