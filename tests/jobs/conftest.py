import pytest
from django.db import connection

from jobs import registry
from tests.jobs.models import Chore, Errand


@pytest.fixture(scope="package")
def _tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Errand)
        editor.create_model(Chore)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Errand)
        editor.delete_model(Chore)


@pytest.fixture
def tables(_tables, db):
    """The tables of the tests' own jobs, empty."""


@pytest.fixture
def only_ours(monkeypatch):
    """The sweeper knows the tests' own jobs alone."""
    monkeypatch.setattr(registry, "_jobs", [Errand, Chore])
    monkeypatch.setattr(registry, "_sweeps", {})


@pytest.fixture
def sent(monkeypatch):
    """Messages instead of a broker: (task, arguments)."""
    messages = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: messages.append((task, args)))
    return messages
