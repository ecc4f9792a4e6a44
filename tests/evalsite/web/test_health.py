"""Whether the process lives, and whether the site can take work, asked by machines without an account."""

import pytest
from django.db import DatabaseError, connection
from kombu import Connection

from evalsite import celery_app
from evalsite.web import health
from tests.people import stranger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_anew():
    health.kept_broker.forget()
    yield
    health.kept_broker.forget()


def ready():
    answer = stranger().get("/readyz")
    return answer.status_code, answer.json()


def refuse(*args):
    raise DatabaseError("gone")


@pytest.fixture
def no_broker(monkeypatch):
    """A broker's address where nothing listens."""
    monkeypatch.setattr(
        celery_app, "connection_for_write", lambda **options: Connection("redis://127.0.0.1:1/0", **options)
    )


def test_a_site_with_all_its_parts_is_ready():
    assert ready() == (200, {"status": "ok", "database": "ok", "broker": "ok", "disk": "ok"})


def test_a_site_without_its_broker_lives_and_is_not_ready(no_broker):
    status, said = ready()
    assert (status, said["status"], said["broker"]) == (503, "not ready", "the broker does not answer")
    assert (said["database"], said["disk"]) == ("ok", "ok")
    assert stranger().get("/healthz").status_code == 200


def test_a_full_disk_is_said_with_what_is_expected(settings):
    settings.LEAST_FREE_BYTES = 10**18
    status, said = ready()
    assert status == 503
    assert said["disk"].endswith("MB left; expected at least 1000000000000 MB")


def test_a_data_folder_that_is_gone_is_said(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    assert ready()[1]["disk"] == "the data folder cannot be read"


def test_a_site_without_its_database_lives_and_is_not_ready():
    with connection.execute_wrapper(refuse):
        status, said = ready()
        lives = stranger().get("/healthz")
        assert (lives.status_code, lives.json()) == (200, {"status": "ok"})
    assert (status, said["database"]) == (503, "the database does not answer")


def test_who_asks_often_does_not_ask_the_broker_often(no_broker):
    asked = []
    kept = health.RecentAnswer(lambda: asked.append(1) or "down")
    assert [kept() for _ in range(50)] == ["down"] * 50
    assert len(asked) == 1
