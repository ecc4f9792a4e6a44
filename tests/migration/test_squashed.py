"""One migration of each app makes a new database; one of before goes on from wherever it stands.

That both have the same tables, test_filled_database.py says: the migrations that were replaced made the tables of its
database.
"""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.migration.steps import EachMigration

EACH = EachMigration(None)
REPLACED = [old for migration in EACH.replacements.values() for old in migration.replaces]


def going_on(monkeypatch, applied):
    """What Django would apply where these were applied, and the models it would end with.

    Of an app that has all, Django records its new migration too, even while others have not.
    """
    whole = {new for new, migration in EACH.replacements.items() if applied >= set(migration.replaces)}
    known = {key: EACH.disk_migrations[key] for key in applied | whole}
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda self: dict(known))
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {(migration.app_label, migration.name) for migration, _ in plan}, executor.loader.project_state()


def expected_after(applied):
    """Where an app was begun, each of its migrations that is left; else the one that replaces them."""
    expected = {key for key in EACH.graph.nodes if key not in applied}
    for new, migration in EACH.replacements.items():
        if not applied & set(migration.replaces):
            expected = expected - set(migration.replaces) | {new}
    return expected


def test_a_new_database_ends_with_the_same_models(monkeypatch):
    plan, models = going_on(monkeypatch, set())
    assert plan == expected_after(set())
    assert not plan & set(REPLACED)
    assert models == EACH.project_state() == MigrationLoader(None).project_state()


def test_none_is_left_out_of_what_is_replaced():
    """It would be applied on top of tables that have it already."""
    for (app, name), migration in EACH.replacements.items():
        last = app, name.partition("_squashed_")[2]
        assert set(migration.replaces) == {key for key in EACH.graph.forwards_plan(last) if key[0] == app}


@pytest.mark.parametrize("newest", REPLACED, ids=".".join)
def test_a_database_goes_on_from_each_migration(newest, monkeypatch):
    """Migrated so far and no further; or back to there, while the other apps stayed where they were."""
    so_far = set(EACH.graph.forwards_plan(newest))
    later = {key for child in EACH.graph.node_map[newest].children for key in EACH.graph.backwards_plan(child.key)}
    for applied in (so_far, EACH.graph.nodes.keys() - later):
        plan, models = going_on(monkeypatch, applied)
        assert plan == expected_after(applied)
        assert models == EACH.project_state()
