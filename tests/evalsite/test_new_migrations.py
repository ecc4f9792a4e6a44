"""The version before goes on while the next one's migrations run, and after them: docs/deploying.md says how."""

import re
from pathlib import Path

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.test.utils import CaptureQueriesContext

from jobs.models import Worker
from lib.schema.indexes import AddIndexBesideWork

ROOT = Path(__file__).parents[2]
# The newest of each app before the rule was; later ones, and those of further apps, keep to it.
BEFORE = {
    "accounts": 4, "annotations": 45, "api": 3, "judges": 5, "leaderboards": 5, "marks": 2, "models_runner": 18,
}  # fmt: skip
OURS = {*BEFORE, "jobs", "protocol", "evalsite"}
# Tables of which large installations have millions of rows.
LARGE = {
    "document", "transcript", "reference", "summary", "summarycall", "score", "scoredspans", "comparison", "assignment", "judgement",
    "judgementrevision", "summaryevidence", "verdict", "mark", "reading", "auditentry",
}  # fmt: skip
RENAMES = (migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable)
REMOVES = (migrations.RemoveField, migrations.DeleteModel)


def released():
    """Versions that people have, by the headings of the changelog."""
    return set(re.findall(r"^## (\d[^\n]*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE))


def problems_of(migration, versions):
    """Say what of a migration the version before could not live with, or would wait for."""
    unused_since = getattr(migration, "unused_since", "")
    for operation in migration.operations:
        what = f"{migration.app_label} {migration.name}: {operation.describe()}"
        if isinstance(operation, RENAMES):
            yield f"{what}: the version before asks for the old name. Add the new one, fill it, and remove the old one in a later release."
        elif isinstance(operation, REMOVES) and unused_since not in versions:
            yield f"{what}: the version before may use it. Say unused_since = a released version whose code does without."
        elif isinstance(operation, migrations.AddField):
            yield from (f"{what}: {problem}" for problem in _added(operation))
        elif isinstance(operation, migrations.AddIndex) and _holds_up(operation, migration):
            yield f"{what}: it holds up who writes. Use AddIndexBesideWork, in a migration with atomic = False."


def _holds_up(operation, migration):
    is_beside = isinstance(operation, AddIndexBesideWork) and not migration.atomic
    return operation.model_name_lower in LARGE and not is_beside


def _added(operation):
    field = operation.field
    if not (field.many_to_many or field.null or field.has_db_default()):
        yield "the version before stores rows without it. Let it be null, or give it a db_default."
    if operation.model_name_lower in LARGE and (field.db_index or field.unique):
        yield "its index holds up who writes. Add it without, then use AddIndexBesideWork."


def new_migrations():
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        number = int(re.match(r"\d+", name)[0]) if app in OURS else 0
        if app in OURS and number > BEFORE.get(app, 1) and not migration.replaces:
            yield migration


def test_the_version_before_lives_with_every_new_migration():
    versions = released()
    assert [problem for migration in new_migrations() for problem in problems_of(migration, versions)] == []


def migration_of(*operations, **attributes):
    made = migrations.Migration("0099_new", "annotations")
    made.operations = list(operations)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


INDEX = {"model_name": "judgement", "index": models.Index(fields=["created_at"], name="judgement_new")}
LINK = {"null": True, "on_delete": models.CASCADE}


@pytest.mark.parametrize(
    ("migration", "said"),
    [
        (migration_of(migrations.AddField("study", "new", models.TextField(default=""))), "db_default"),
        (migration_of(migrations.AddField("study", "new", models.TextField(null=True))), ""),
        (migration_of(migrations.AddField("study", "new", models.TextField(db_default=""))), ""),
        (migration_of(migrations.AddField("judgement", "new", models.ForeignKey("study", **LINK))), "its index"),
        (migration_of(migrations.AddField("study", "new", models.ForeignKey("study", **LINK))), ""),
        (migration_of(migrations.AddIndex(**INDEX)), "AddIndexBesideWork"),
        (migration_of(AddIndexBesideWork(**INDEX)), "atomic = False"),
        (migration_of(AddIndexBesideWork(**INDEX), atomic=False), ""),
        (migration_of(migrations.RemoveField("study", "old")), "unused_since"),
        (migration_of(migrations.RemoveField("study", "old"), unused_since="0.2.0"), "unused_since"),
        (migration_of(migrations.RemoveField("study", "old"), unused_since="0.1.0"), ""),
        (migration_of(migrations.DeleteModel("study")), "unused_since"),
        (migration_of(migrations.RenameField("study", "old", "new")), "old name"),
        (migration_of(migrations.AlterField("study", "old", models.TextField(null=True))), ""),
    ],
)
def test_what_it_could_not_live_with_is_said(migration, said):
    problems = list(problems_of(migration, {"0.1.0"}))
    assert len(problems) == bool(said)
    assert said in "".join(problems)


@pytest.mark.django_db(transaction=True)
def test_an_index_beside_work_is_made_and_taken_back():
    without, with_it = ProjectState(), ProjectState()
    for state in (without, with_it):
        state.add_model(ModelState.from_model(Worker))
    operation = AddIndexBesideWork("worker", models.Index(fields=["seen_at"], name="worker_beside"))
    operation.state_forwards("jobs", with_it)
    with CaptureQueriesContext(connection) as queries, connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("jobs", editor, without, with_it)
    assert "worker_beside" in indexes()
    beside = any("CONCURRENTLY" in query["sql"] for query in queries)
    assert beside == (connection.vendor == "postgresql")
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("jobs", editor, with_it, without)
    assert "worker_beside" not in indexes()


def indexes():
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, Worker._meta.db_table)
