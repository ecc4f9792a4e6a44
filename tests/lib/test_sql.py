"""Statements written by hand return the same however often and in whatever order they are run."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DataError, connection, transaction

from lib import sql

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kept", [1, 2, 100])
def test_a_statement_may_get_values_of_other_types(kept, monkeypatch):
    monkeypatch.setattr(sql, "KEPT_CURSORS", kept)
    first, second = "SELECT 1 WHERE %s = 1", "SELECT CAST(%s AS text), 2"
    for number in (1, 2**15, 2**31, 2**40, 1):
        assert sql.fetch(first, number) == ([(1,)] if number == 1 else [])
        assert sql.fetch(second, "ä") == [("ä", 2)]
        assert sql.fetch(second, None) == [(None, 2)]


def test_a_statement_runs_again_after_it_failed():
    divide = "SELECT 6 / CAST(%s AS integer)"
    assert sql.fetch(divide, 2) == [(3,)]
    if connection.vendor == "postgresql":  # SQLite returns NULL
        with pytest.raises(DataError), transaction.atomic():
            sql.fetch(divide, 0)
    assert sql.fetch(divide, 3) == [(2,)]


def test_each_database_gets_times_and_uuids_as_it_stores_them():
    key, now = UUID(int=5), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    session = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)"
    assert sql.change(session, "a", key.hex, now) == 1
    asked = "SELECT session_data FROM django_session WHERE expire_date = %s"
    assert sql.fetch(asked, now) == [(key.hex,)]


def test_two_statements_change_both_tables():
    session = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, 'x', %s) RETURNING "
    keys = ("one", "two")
    first, then = (sql.Statement(f"{session} session_key", (key, datetime(2026, 1, 1, tzinfo=UTC))) for key in keys)
    assert sql.change_and_fetch(first, then) == [("two",)]
    assert sql.fetch("SELECT session_key FROM django_session WHERE session_data = %s ORDER BY session_key", "x") == [
        ("one",),
        ("two",),
    ]
