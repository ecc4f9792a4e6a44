"""Creates the triggers for what constraints cannot express.

A place lies within its comparison's quota; nobody is given a gold or training pair without an expected answer, or any
pair before they have agreed to the study's consent text, where it has one; recorded rows never change. The purpose of a
comparison does not change once somebody was given it: votes would appear on boards, or vanish from them. How a study
shows its summaries does not change either: later votes would not mean the same. Who has seen results holds no pair and
gives no vote any more.
A study of simulated votes stays one, and no other study becomes one. Planned looks, and what they are about, do not
change once somebody was given a pair: they would be chosen by the votes.

Triggers are created after every migrate, not in a migration, and dropped before it: on SQLite, a migration that changes
a table rebuilds it, silently drops its triggers, and fails on triggers of other tables that read it.
"""

from django.db import connections

from annotations.models.triggers import looks
from lib import triggers

APPEND_ONLY = {
    "revision_is_append_only": "annotations_judgementrevision",
    "remark_is_append_only": "annotations_remark",
    "audit_is_append_only": "annotations_auditentry",
    "expected_answer_never_changes": "annotations_expectedanswer",
    "consent_text_never_changes": "annotations_consenttext",
    "consent_never_changes": "annotations_consent",
}
_WITHOUT_CONSENT = """EXISTS (
           SELECT 1 FROM annotations_annotator who JOIN annotations_study study ON study.id = who.study_id
           WHERE who.id = NEW.annotator_id AND study.consent_version > 0 AND NOT who.imported AND NOT EXISTS (
               SELECT 1 FROM annotations_consent given JOIN annotations_consenttext agreed ON agreed.id = given.text_id
               WHERE given.annotator_id = who.id AND agreed.version = study.consent_version
           )
       )"""
# Who came with a file agreed elsewhere.
_RATES_HERE = "NOT (SELECT imported FROM annotations_annotator WHERE id = NEW.annotator_id)"
_IS_REPEAT = "(SELECT purpose FROM annotations_comparison WHERE id = NEW.comparison_id) = 'repeat'"
# A pair comes again, sides swapped, to somebody who rated it.
_REPEATS_NOTHING = """EXISTS (
           SELECT 1 FROM annotations_comparison again
           WHERE again.id = NEW.comparison_id AND again.purpose = 'repeat' AND NOT EXISTS (
               SELECT 1 FROM annotations_comparison pair
               JOIN annotations_assignment given ON given.comparison_id = pair.id
               WHERE pair.study_id = again.study_id AND pair.summary_a_id = again.summary_a_id
               AND pair.summary_b_id = again.summary_b_id AND pair.purpose = 'rating'
               AND given.annotator_id = NEW.annotator_id AND given.state = 'done'
               AND given.shown_left <> '' AND given.shown_left <> NEW.shown_left
           )
       )"""

_SAW_RESULTS = "EXISTS (SELECT 1 FROM annotations_annotator WHERE id = {who} AND saw_results_at IS NOT NULL)"
_HOLDS_AFTER_RESULTS = f"NEW.state = 'leased' AND {_SAW_RESULTS.format(who='NEW.annotator_id')}"
_VOTER = "(SELECT annotator_id FROM annotations_assignment WHERE id = NEW.assignment_id)"
_VOTES_AFTER_RESULTS = _SAW_RESULTS.format(who=_VOTER)
_READ_RESULTS_SEEN = """SELECT who.saw_results_at INTO seen FROM annotations_assignment given
           JOIN annotations_annotator who ON who.id = given.annotator_id WHERE given.id = NEW.assignment_id;"""


SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS assignment_slot_within_quota_insert BEFORE INSERT ON annotations_assignment
       WHEN NEW.slot >= (SELECT quota FROM annotations_comparison WHERE id = NEW.comparison_id)
       BEGIN SELECT RAISE(ABORT, 'assignment_slot_within_quota'); END""",
    """CREATE TRIGGER IF NOT EXISTS assignment_slot_within_quota_update
       BEFORE UPDATE OF slot, comparison_id ON annotations_assignment
       WHEN NEW.slot >= (SELECT quota FROM annotations_comparison WHERE id = NEW.comparison_id)
       BEGIN SELECT RAISE(ABORT, 'assignment_slot_within_quota'); END""",
    """CREATE TRIGGER IF NOT EXISTS known_pair_has_expected_answer BEFORE INSERT ON annotations_assignment
       WHEN (SELECT purpose FROM annotations_comparison WHERE id = NEW.comparison_id) IN ('gold', 'training')
       AND NOT EXISTS (SELECT 1 FROM annotations_expectedanswer WHERE comparison_id = NEW.comparison_id)
       BEGIN SELECT RAISE(ABORT, 'known_pair_has_expected_answer'); END""",
    """CREATE TRIGGER IF NOT EXISTS comparison_purpose_is_fixed BEFORE UPDATE OF purpose ON annotations_comparison
       WHEN NEW.purpose <> OLD.purpose
       AND EXISTS (SELECT 1 FROM annotations_assignment WHERE comparison_id = OLD.id)
       BEGIN SELECT RAISE(ABORT, 'comparison_purpose_is_fixed'); END""",
    """CREATE TRIGGER IF NOT EXISTS study_summary_format_is_fixed BEFORE UPDATE OF summary_format ON annotations_study
       WHEN NEW.summary_format <> OLD.summary_format
       AND EXISTS (
           SELECT 1 FROM annotations_assignment given
           JOIN annotations_comparison pair ON pair.id = given.comparison_id WHERE pair.study_id = OLD.id
       )
       BEGIN SELECT RAISE(ABORT, 'study_summary_format_is_fixed'); END""",
    *looks.SQLITE,
    """CREATE TRIGGER IF NOT EXISTS study_simulated_is_fixed BEFORE UPDATE OF simulated ON annotations_study
       WHEN NEW.simulated <> OLD.simulated
       BEGIN SELECT RAISE(ABORT, 'study_simulated_is_fixed'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS assignment_needs_consent BEFORE INSERT ON annotations_assignment
       WHEN {_WITHOUT_CONSENT}
       BEGIN SELECT RAISE(ABORT, 'assignment_needs_consent'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS repeat_is_of_a_rated_pair BEFORE INSERT ON annotations_assignment
       WHEN {_REPEATS_NOTHING}
       BEGIN SELECT RAISE(ABORT, 'repeat_is_of_a_rated_pair'); END""",
    *(
        f"""CREATE TRIGGER IF NOT EXISTS assignment_is_blind_{when.split()[0].lower()} BEFORE {when}
            ON annotations_assignment WHEN {_HOLDS_AFTER_RESULTS}
            BEGIN SELECT RAISE(ABORT, 'assignment_is_blind'); END"""
        for when in ("INSERT", "UPDATE OF state")
    ),
    *(
        f"""CREATE TRIGGER IF NOT EXISTS vote_is_blind_{when.split()[0].lower()} BEFORE {when}
            ON annotations_judgement WHEN {_VOTES_AFTER_RESULTS}
            BEGIN SELECT RAISE(ABORT, 'vote_is_blind'); END"""
        for when in ("INSERT", "UPDATE OF outcome, strength")
    ),
    """CREATE TRIGGER IF NOT EXISTS saw_results_stays BEFORE UPDATE OF saw_results_at ON annotations_annotator
       WHEN OLD.saw_results_at IS NOT NULL AND NEW.saw_results_at IS NULL
       BEGIN SELECT RAISE(ABORT, 'saw_results_stays'); END""",
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {name} BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, '{name}'); END"""
        for name, table in APPEND_ONLY.items()
    ),
)

# A condition that most rows do not meet stands before the query that few need: PostgreSQL prepares a whole query for
# each row. An import of a million votes spent a fifth of its time so.
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
    """CREATE OR REPLACE FUNCTION known_pair_has_expected_answer() RETURNS trigger AS $$
       BEGIN
           IF (SELECT purpose FROM annotations_comparison WHERE id = NEW.comparison_id) IN ('gold', 'training')
           AND NOT EXISTS (SELECT 1 FROM annotations_expectedanswer WHERE comparison_id = NEW.comparison_id) THEN
               RAISE EXCEPTION 'known_pair_has_expected_answer' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER known_pair_has_expected_answer BEFORE INSERT
       ON annotations_assignment FOR EACH ROW EXECUTE FUNCTION known_pair_has_expected_answer()""",
    """CREATE OR REPLACE FUNCTION comparison_purpose_is_fixed() RETURNS trigger AS $$
       BEGIN
           IF NEW.purpose <> OLD.purpose
           AND EXISTS (SELECT 1 FROM annotations_assignment WHERE comparison_id = OLD.id) THEN
               RAISE EXCEPTION 'comparison_purpose_is_fixed' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER comparison_purpose_is_fixed BEFORE UPDATE OF purpose
       ON annotations_comparison FOR EACH ROW EXECUTE FUNCTION comparison_purpose_is_fixed()""",
    """CREATE OR REPLACE FUNCTION study_summary_format_is_fixed() RETURNS trigger AS $$
       BEGIN
           IF NEW.summary_format <> OLD.summary_format
           AND EXISTS (
               SELECT 1 FROM annotations_assignment given
               JOIN annotations_comparison pair ON pair.id = given.comparison_id WHERE pair.study_id = OLD.id
           ) THEN
               RAISE EXCEPTION 'study_summary_format_is_fixed' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER study_summary_format_is_fixed BEFORE UPDATE OF summary_format
       ON annotations_study FOR EACH ROW EXECUTE FUNCTION study_summary_format_is_fixed()""",
    *looks.POSTGRESQL,
    """CREATE OR REPLACE FUNCTION study_simulated_is_fixed() RETURNS trigger AS $$
       BEGIN
           IF NEW.simulated <> OLD.simulated THEN
               RAISE EXCEPTION 'study_simulated_is_fixed' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER study_simulated_is_fixed BEFORE UPDATE OF simulated
       ON annotations_study FOR EACH ROW EXECUTE FUNCTION study_simulated_is_fixed()""",
    f"""CREATE OR REPLACE FUNCTION assignment_needs_consent() RETURNS trigger AS $$
       BEGIN
           IF {_RATES_HERE} THEN
               IF {_WITHOUT_CONSENT} THEN
                   RAISE EXCEPTION 'assignment_needs_consent' USING ERRCODE = 'check_violation';
               END IF;
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER assignment_needs_consent BEFORE INSERT
       ON annotations_assignment FOR EACH ROW EXECUTE FUNCTION assignment_needs_consent()""",
    f"""CREATE OR REPLACE FUNCTION assignment_is_blind() RETURNS trigger AS $$
       BEGIN
           IF {_HOLDS_AFTER_RESULTS} THEN
               RAISE EXCEPTION 'assignment_is_blind' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER assignment_is_blind BEFORE INSERT OR UPDATE OF state
       ON annotations_assignment FOR EACH ROW WHEN (NEW.state = 'leased') EXECUTE FUNCTION assignment_is_blind()""",
    f"""CREATE OR REPLACE FUNCTION vote_is_blind() RETURNS trigger AS $$
       DECLARE seen timestamptz;
       BEGIN
           {_READ_RESULTS_SEEN}
           IF seen IS NOT NULL THEN
               RAISE EXCEPTION 'vote_is_blind' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER vote_is_blind BEFORE INSERT OR UPDATE OF outcome, strength
       ON annotations_judgement FOR EACH ROW EXECUTE FUNCTION vote_is_blind()""",
    """CREATE OR REPLACE FUNCTION saw_results_stays() RETURNS trigger AS $$
       BEGIN
           IF OLD.saw_results_at IS NOT NULL AND NEW.saw_results_at IS NULL THEN
               RAISE EXCEPTION 'saw_results_stays' USING ERRCODE = 'check_violation';
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER saw_results_stays BEFORE UPDATE OF saw_results_at
       ON annotations_annotator FOR EACH ROW EXECUTE FUNCTION saw_results_stays()""",
    f"""CREATE OR REPLACE FUNCTION repeat_is_of_a_rated_pair() RETURNS trigger AS $$
       BEGIN
           IF {_IS_REPEAT} THEN
               IF {_REPEATS_NOTHING} THEN
                   RAISE EXCEPTION 'repeat_is_of_a_rated_pair' USING ERRCODE = 'check_violation';
               END IF;
           END IF;
           RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE OR REPLACE TRIGGER repeat_is_of_a_rated_pair BEFORE INSERT
       ON annotations_assignment FOR EACH ROW EXECUTE FUNCTION repeat_is_of_a_rated_pair()""",
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


BLIND_ASSIGNMENT = ("assignment_is_blind", "assignment_is_blind_insert", "assignment_is_blind_update")
BLIND_VOTE = ("vote_is_blind", "vote_is_blind_insert", "vote_is_blind_update")
TABLES = {
    "assignment_slot_within_quota_insert": "annotations_assignment",
    "assignment_slot_within_quota_update": "annotations_assignment",
    "assignment_slot_within_quota": "annotations_assignment",
    "known_pair_has_expected_answer": "annotations_assignment",
    "comparison_purpose_is_fixed": "annotations_comparison",
    "study_summary_format_is_fixed": "annotations_study",
    "study_simulated_is_fixed": "annotations_study",
    **looks.TABLES,
    "assignment_needs_consent": "annotations_assignment",
    **dict.fromkeys(BLIND_ASSIGNMENT, "annotations_assignment"),
    **dict.fromkeys(BLIND_VOTE, "annotations_judgement"),
    "saw_results_stays": "annotations_annotator",
    "repeat_is_of_a_rated_pair": "annotations_assignment",
    **APPEND_ONLY,
}


# Columns that a database migrated back to before them lacks, and what is in the statements that need them.
LATER_COLUMNS = {
    "summary_format": ("summary_format",),
    "simulated": ("simulated",),
    **looks.LATER_COLUMNS,
    "saw_results_at": ("saw_results", "_is_blind"),
}


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, TABLES)


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    later = set() if "annotations_consent" in tables else {"annotations_consent", "annotations_consenttext"}
    needed = {"annotations_study", "annotations_assignment", "annotations_comparison", *APPEND_ONLY.values()}
    if not needed - later <= tables:
        return  # migrated back to before the tables
    with connection.cursor() as cursor:
        columns = {
            column.name
            for table in ("annotations_study", "annotations_annotator")
            for column in connection.introspection.get_table_description(cursor, table)
        }
        lacking = [mark for column, marks in LATER_COLUMNS.items() if column not in columns for mark in marks]
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            if later and "consent" in statement:
                continue  # migrated back to before these tables
            if not any(mark in statement for mark in lacking):
                cursor.execute(statement)
