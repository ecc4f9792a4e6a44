"""Statements on a connection that was lost are made again on a new one; refused statements are not."""

import pytest
from django.db import OperationalError, connection, transaction

from jobs.database import connection_is_lost, until_answered
from jobs.models import Worker

pytestmark = pytest.mark.django_db(transaction=True)

needs_server = pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no server that could be gone")


def lose_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@needs_server
def test_a_call_is_made_again_on_a_new_connection():
    calls = []

    def count_workers():
        calls.append(1)
        if len(calls) == 1:
            lose_connection()
        return Worker.objects.count()

    assert until_answered(count_workers) == 0
    assert len(calls) == 2


@needs_server
def test_within_a_transaction_nothing_is_repeated():
    with pytest.raises(OperationalError), transaction.atomic():
        until_answered(lose_connection)


def test_a_refused_statement_is_not_repeated():
    calls = []

    def refused():
        calls.append(1)
        raise OperationalError("database is locked")

    Worker.objects.count()  # the connection is there
    with pytest.raises(OperationalError, match="locked"):
        until_answered(refused)
    assert len(calls) == 1
    assert not connection_is_lost(ValueError())
