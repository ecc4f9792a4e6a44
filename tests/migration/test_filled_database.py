"""A database filled by an earlier commit: it migrates, nothing in it is lost, and everything it shows is as it was.

The database, the files of its releases and exports, and what that commit showed of them are stored beside this test;
tools/filled/README.md says what is in them and how they were made. On SQLite and on PostgreSQL, each from its own dump.
"""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.migration.database import REFUSED, opened, own_names, schema, values_of
from tools.filled import restore
from tools.filled.record import expected

# All of them, though one alone asks the tests' own database: pytest-django runs tests with it apart from those without,
# and the filled database would be made twice.
pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
# Tables of Django's own, which grow where a model or a migration is new.
MAY_GROW = {"auth_permission", "django_content_type", "django_migrations"}
# Columns that a later migration drops on purpose: their values are not looked for. {"table": {"column"}}
DROPPED: dict[str, set[str]] = {
    # When a summary was looked through for names was never read.
    "annotations_giveawaycheck": {"checked_at"},
    # Models that got another name; their tables kept theirs.
    "django_content_type": {"model"},
    # Jobs of every kind have one set of states; the migration's own test says which became which.
    "leaderboards_snapshotjob": {"stage", "wanted"},
}
# Names of constraints, indexes and triggers that a later migration takes away on purpose.
GONE: set[str] = {
    # In their place stand …_held_iff_running, which say more.
    "delivery_lease_iff_sending",
    "exportjob_running_has_lease",
    "finetuning_running_has_lease",
    "release_running_has_lease",
    "scoring_running_has_lease",
    "summary_running_has_lease",
}
FIRST_LINES = 60


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Of an empty database beside the one of the tests."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('filled') / 'db.sqlite3'}"
        return
    url = f"{server.rpartition('/')[0]}/filled_{os.getpid()}"
    restore.new_postgresql(url)
    yield url
    restore.drop_postgresql(url)


# One process for both commands: loading Django takes longer than either.
MIGRATE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
try:
    call_command("makemigrations", check=True, dry_run=True)
except SystemExit:
    print("There is no migration for this.")
"""


@pytest.fixture(scope="module")
def filled(url, tmp_path_factory):
    """The database after `migrate`, with its rows and its names before, and what `makemigrations` says."""
    data_dir = tmp_path_factory.mktemp("data")
    restore.restore(url, data_dir)
    with opened(url) as database:
        before = database.rows(), own_names(database.engine, database.ask)
    said = run(url, data_dir, "-c", MIGRATE)
    return url, data_dir, before, said


def run(url, data_dir, *command):
    """A process of the present code that works on the database; what it prints."""
    environment = restore.environment(url, data_dir) | {"DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_migration_is_missing(filled):
    assert filled[3].strip() == "No changes detected"


def test_no_row_is_lost(filled):
    url, _, (before, _), _ = filled
    counted = json.loads(restore.MANIFEST.read_text())["rows"]
    assert {table: len(rows) for table, rows in before.items()} == counted
    with opened(url) as database:
        after = {table: len(rows) for table, rows in database.rows().items()}
    for table, rows in counted.items():
        assert after.get(table, 0) >= rows if table in MAY_GROW else after.get(table) == rows, table


def test_every_value_is_still_in_its_row(filled):
    """Whatever its column is called now."""
    url, _, (before, _), _ = filled
    with opened(url) as database:
        after = database.rows()
    for table, rows in before.items():
        left = DROPPED.get(table, set())
        known = [({name: row[name] for name in row if name not in left}, row.get("id")) for row in rows]
        by_id = {row.get("id"): values_of(row) for row in after[table]}
        every = [values_of(row) for row in after[table]]
        for row, number in known:
            wanted = values_of(row)
            found = [by_id[number]] if number is not None else every
            assert any(wanted <= values for values in found), f"{table}: {row}"


def test_constraints_and_triggers_are_in_place(filled):
    url, _, (_, names), _ = filled
    assert len(names) > 80
    with opened(url) as database:
        assert names - own_names(database.engine, database.ask) == GONE


def test_it_has_the_tables_of_a_new_database(filled):
    """As those of the tests are, which were made at once; those of this one were made by each migration."""

    def ask(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    with opened(filled[0]) as database:
        assert schema(database.engine, database.ask) == schema(connection.vendor, ask)


ATTACKS = {
    "an answer in the history": "UPDATE annotations_judgementrevision SET outcome = ''",
    "a remark": "UPDATE annotations_remark SET text = 'nothing'",
    "an entry of the audit trail": "UPDATE annotations_auditentry SET actor = 'nobody'",
    "an expected answer": "UPDATE annotations_expectedanswer SET outcome = 'tie'",
    "a published release": "UPDATE leaderboards_release SET name = 'x' WHERE published_at IS NOT NULL",
    "what a pair that was given is for": "UPDATE annotations_comparison SET purpose = 'rating', quota = 2 "
    "WHERE purpose = 'training'",
    "a pair beyond its quota": "UPDATE annotations_comparison SET taken = quota + 1",
    "a place beyond the quota": "UPDATE annotations_assignment SET slot = 1000000000 WHERE slot IS NOT NULL",
    "two summaries of one document": "UPDATE models_runner_summary SET document_id = "
    "(SELECT MIN(document_id) FROM models_runner_summary)",
    "the same answer twice": "UPDATE annotations_judgement SET assignment_id = "
    "(SELECT MIN(assignment_id) FROM annotations_judgement)",
}


@pytest.mark.parametrize("what", ATTACKS)
def test_what_was_recorded_cannot_be_changed(filled, what):
    with opened(filled[0]) as database, pytest.raises(REFUSED):
        database.change(ATTACKS[what])


def test_everything_it_shows_is_as_it_was(filled, tmp_path):
    url, data_dir, _, _ = filled
    run(url, data_dir, "-m", "tools.filled.outputs", str(restore.MANIFEST), str(tmp_path))
    shown, wanted = restore.contents_of(tmp_path), expected(restore.engine_of(url))
    if not any(name.startswith("stored/") for name in shown):
        # Another version of boards' code: what is stored was computed by another one, and is not served.
        wanted = {name: content for name, content in wanted.items() if not name.startswith("stored/")}
    assert shown.keys() == wanted.keys()
    different = {
        name: difference(name, wanted[name], shown[name]) for name in wanted if differ(wanted[name], shown[name])
    }
    first = "\n".join(list(different.values())[:3])
    assert not different, f"{len(different)} outputs are not as they were: {', '.join(different)}\n{first}"


NUMBER = re.compile(rb"-?\d+\.\d+(?:e[+-]?\d+)?")
# Sums end in other digits on another processor: its wider instructions add up in another order.
RELATIVE = 1e-10


def differ(wanted, shown):
    """Byte for byte; but the last of a number's sixteen digits are the processor's."""
    if wanted == shown:
        return False
    if NUMBER.sub(b"", wanted) != NUMBER.sub(b"", shown):
        return True
    pairs = zip(NUMBER.findall(wanted), NUMBER.findall(shown), strict=True)
    return any(abs(float(a) - float(b)) > RELATIVE * max(abs(float(a)), abs(float(b))) for a, b in pairs)


def difference(name, wanted, shown):
    lines = [content.decode("utf-8", "replace").splitlines() for content in (wanted, shown)]
    found = list(difflib.unified_diff(*lines, f"{name} as it was", f"{name} now", lineterm="", n=1))
    return "\n".join(line[:300] for line in found[:FIRST_LINES])
