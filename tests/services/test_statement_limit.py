"""Statements of web requests end after a time, in the real server: of pages and the API, but not of a streamed file."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import connection

from accounts.roles import give_role
from annotations.people.links import invitation_path
from api.tokens import make_token
from tests.factories import UserFactory
from tests.leaderboards.helpers import make_rated_study
from tests.services.workers import database_url, wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.worker,
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no limit for statements"),
]
LIMIT = 0.3


@pytest.fixture
def server(tmp_path, collected):
    (tmp_path / "static").symlink_to(collected)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"DATABASE_URL": database_url(), "DATA_DIR": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    own["WEB_STATEMENT_SECONDS"] = str(LIMIT)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "evalsite.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
            env=os.environ | own, cwd=settings.BASE_DIR, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: _accepts(port), what=f"a server; see {tmp_path}/log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def locked(table):
    """Hold up every statement that reads the table, until the block ends."""
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        holder.close()


def ask(url, **headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def waits_beyond_the_limit(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ %s"
            " AND clock_timestamp() - query_start > make_interval(secs => %s)",
            [table, 3 * LIMIT],
        )
        return cursor.fetchone()[0] > 0


def test_slow_statements_end_and_streams_go_on(server):
    user = UserFactory()
    give_role(user, "lead")
    study = make_rated_study(systems=2, documents=1)
    program = {"Authorization": f"Bearer {make_token(user, 'script', 'read')[1]}"}
    with locked("annotations_study"):
        status, page = ask(server + invitation_path(study))
        assert (status, "This takes the database too long" in page) == (503, True)
        status, told = ask(f"{server}/api/v1/studies/{study.slug}", **program)
        assert (status, json.loads(told)["error"]["code"]) == (503, "too_slow")
    with ThreadPoolExecutor(1) as pool:
        with locked("annotations_judgement"):
            export = pool.submit(ask, f"{server}/api/v1/studies/{study.slug}/votes", **program)
            wait_until(lambda: waits_beyond_the_limit("annotations_judgement"), what="a stream beyond the limit")
        status, votes = export.result()
    assert (status, len(votes.splitlines()) > 0) == (200, True)
    # The stream lifted the limit of its connection for itself alone; there is one thread, with one connection.
    with locked("annotations_study"):
        assert ask(server + invitation_path(study))[0] == 503


def test_other_processes_have_no_limit():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
