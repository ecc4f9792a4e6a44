"""Migrations one by one, as databases of before go through them: a new one is made at once."""

from contextlib import contextmanager, suppress
from unittest import mock

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState, get_related_models_tuples
from django.db.migrations.utils import resolve_relation

from annotations.models import triggers as triggers_of_annotations
from leaderboards.models import triggers as triggers_of_leaderboards


def drop_triggers():
    triggers_of_annotations.drop_triggers()
    triggers_of_leaderboards.drop_triggers()


def ensure_triggers():
    triggers_of_annotations.ensure_triggers()
    triggers_of_leaderboards.ensure_triggers()


@contextmanager
def neighbours_alone():
    """After each operation, have the models made anew that have to do with the changed one, but not all that these lead to.

    Django makes forty thousand on the way there and back, which is most of its time; here it makes a fourth. A migration
    that reads rows gets all of them anew, as ever: Django knows that some may be of before.
    """

    def found(state, app, name, delay=False):
        state.is_delayed = True
        models = {resolve_relation(to, app, name) for to in targets_of(state.models[app, name])}
        with suppress(LookupError):
            models |= get_related_models_tuples(state.apps.get_model(app, name))
        return models | {(app, name)}

    with mock.patch.object(ProjectState, "_find_reload_model", found):
        yield


def targets_of(model):
    return [field.remote_field.model for field in model.fields.values() if field.is_relation]


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
