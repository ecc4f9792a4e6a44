"""Migrations one by one, as databases of before go through them: a new one is made at once."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from annotations.models import triggers as triggers_of_annotations
from leaderboards.models import triggers as triggers_of_leaderboards


def drop_triggers():
    triggers_of_annotations.drop_triggers()
    triggers_of_leaderboards.drop_triggers()


def ensure_triggers():
    triggers_of_annotations.ensure_triggers()
    triggers_of_leaderboards.ensure_triggers()


def migrate(*targets):
    """Returns the models there. Triggers are dropped, as the command does."""
    drop_triggers()
    MigrationExecutor(connection).migrate(list(targets))
    return MigrationLoader(None).project_state(list(targets)).apps


def migrate_to_the_newest():
    """Returns the models there, and leaves the triggers as the command does."""
    models = migrate(*MigrationLoader(None).graph.leaf_nodes())
    ensure_triggers()
    return models
