"""Django's command, which makes the tables of a new database at once instead of by every migration in turn."""

from typing import Any

from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options.get("database") or DEFAULT_DB_ALIAS]
        asked_for_less = options.get("app_label") or options.get("plan") or options.get("check_unapplied")
        if not asked_for_less and not connection.introspection.table_names():
            make_tables(connection)
            if options["verbosity"]:
                self.stdout.write("Made the tables of a new database, as all migrations leave them.")
        super().handle(*args, **options)


def make_tables(connection: BaseDatabaseWrapper) -> None:
    """Make the tables of the models with which the migrations end, and record these as applied; all of it or nothing.

    The migrations take four times as long, and end with the same tables: tests hold the two together. Triggers and
    permissions are made after it, by the signals of the command.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    loader = MigrationLoader(connection)
    rows = [(app, name, now) for app, name in sorted(loader.graph.nodes)]
    with connection.schema_editor() as editor:
        for model in loader.project_state().apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        editor.create_model(MigrationRecorder(connection).Migration)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)
