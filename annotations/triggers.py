"""What constraints cannot say: a place lies within its comparison's quota, and what was recorded never changes.

Created after every migrate rather than in a migration: on SQLite, a migration that changes a table makes it anew and
silently drops its triggers.
"""

from django.db import connections

APPEND_ONLY = {
    "revision_is_append_only": "annotations_judgementrevision",
    "remark_is_append_only": "annotations_remark",
    "audit_is_append_only": "annotations_auditentry",
}

SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS assignment_slot_within_quota_insert BEFORE INSERT ON annotations_assignment
       WHEN NEW.slot >= (SELECT quota FROM annotations_comparison WHERE id = NEW.comparison_id)
       BEGIN SELECT RAISE(ABORT, 'assignment_slot_within_quota'); END""",
    """CREATE TRIGGER IF NOT EXISTS assignment_slot_within_quota_update
       BEFORE UPDATE OF slot, comparison_id ON annotations_assignment
       WHEN NEW.slot >= (SELECT quota FROM annotations_comparison WHERE id = NEW.comparison_id)
       BEGIN SELECT RAISE(ABORT, 'assignment_slot_within_quota'); END""",
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {name} BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, '{name}'); END"""
        for name, table in APPEND_ONLY.items()
    ),
)

POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION assignment_slot_within_quota() RETURNS trigger AS $$
       BEGIN
           IF NEW.slot >= (SELECT quota FROM annotations_comparison WHERE id = NEW.comparison_id) THEN
               RAISE EXCEPTION 'assignment_slot_within_quota' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER assignment_slot_within_quota BEFORE INSERT OR UPDATE OF slot, comparison_id
       ON annotations_assignment FOR EACH ROW EXECUTE FUNCTION assignment_slot_within_quota()""",
    """CREATE OR REPLACE FUNCTION row_is_append_only() RETURNS trigger AS $$
       BEGIN
           RAISE EXCEPTION '%', TG_NAME USING ERRCODE = 'check_violation';
       END $$ LANGUAGE plpgsql""",
    *(
        f"""CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE
            ON {table} FOR EACH ROW EXECUTE FUNCTION row_is_append_only()"""
        for name, table in APPEND_ONLY.items()
    ),
)


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if not {"annotations_assignment", *APPEND_ONLY.values()} <= tables:
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
