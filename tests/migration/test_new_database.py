"""The tables of a new database are made at once: whole, or not at all.

That they are those of the migrations, test_filled_database.py says.
"""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from evalsite.management.commands.migrate import make_tables


@pytest.fixture
def empty(tmp_path):
    """A database beside the one of the tests."""
    place = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db.sqlite3"}
    beside = ConnectionHandler({"default": place})["default"]
    yield beside
    beside.close()


def test_every_migration_is_recorded(empty, django_db_blocker):
    with django_db_blocker.unblock():
        make_tables(empty)
        with empty.cursor() as cursor:
            recorded = cursor.execute("SELECT app, name FROM django_migrations").fetchall()
    assert set(recorded) == MigrationLoader(None).graph.nodes.keys()
    assert len(recorded) == len(set(recorded)) > 80


def test_tables_are_made_together_or_not_at_all(empty, django_db_blocker, monkeypatch):
    """Without the records of its migrations, the next start would try to make the tables again."""

    def ended(recorder):
        raise KeyboardInterrupt

    with django_db_blocker.unblock():
        monkeypatch.setattr(MigrationRecorder, "Migration", property(ended))
        with pytest.raises(KeyboardInterrupt):
            make_tables(empty)
        assert empty.introspection.table_names() == []


@pytest.mark.django_db
def test_a_database_with_tables_goes_through_migrations(monkeypatch):
    monkeypatch.setattr("evalsite.management.commands.migrate.make_tables", lambda connection: pytest.fail())
    call_command("migrate", verbosity=0)


@pytest.mark.django_db
def test_who_names_an_app_wants_its_tables_alone(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", lambda *args, **kwargs: [])
    monkeypatch.setattr("evalsite.management.commands.migrate.make_tables", lambda connection: pytest.fail())
    with pytest.raises(CommandError, match="nothing"):
        call_command("migrate", "nothing", verbosity=0)
