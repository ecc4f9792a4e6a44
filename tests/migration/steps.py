"""Migrations one by one, as databases of before go through them: a new one is made by those that replace them."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from annotations.models import triggers as triggers_of_annotations
from leaderboards.models import triggers as triggers_of_leaderboards


class EachMigration(MigrationLoader):
    """Loads them as Django does for a database that stands somewhere among those that others replace."""

    def __init__(self, connection):
        super().__init__(connection, replace_migrations=False)

    def build_graph(self):
        super().build_graph()
        for key, migration in self.replacements.items():
            self.graph.remove_replacement_node(key, migration.replaces)


def forget_replacements():
    """The database records what one of before does, which was made by each migration."""
    recorder = MigrationRecorder(connection)
    for app, name in EachMigration(None).replacements:
        recorder.record_unapplied(app, name)


def drop_triggers():
    triggers_of_annotations.drop_triggers()
    triggers_of_leaderboards.drop_triggers()


def ensure_triggers():
    triggers_of_annotations.ensure_triggers()
    triggers_of_leaderboards.ensure_triggers()


def migrate(*targets):
    """Returns the models there. Triggers are dropped, as the command does."""
    drop_triggers()
    executor = MigrationExecutor(connection)
    executor.loader = EachMigration(connection)
    executor.migrate(list(targets))
    return EachMigration(None).project_state(list(targets)).apps


def migrate_to_the_newest():
    """Returns the models there, and leaves the triggers as the command does."""
    models = migrate(*EachMigration(None).graph.leaf_nodes())
    ensure_triggers()
    return models
