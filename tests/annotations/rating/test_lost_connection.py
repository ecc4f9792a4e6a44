"""PostgreSQL ends a connection between two requests, as it does when it is started anew."""

import uuid

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.urls import reverse

from annotations.models import Judgement
from annotations.web.access import SESSION_KEY
from lib.sql import fetch
from tests.factories import AnnotatorFactory, make_study

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server that could end a connection."),
]


@pytest.fixture
def lose():
    """Ends the connection from another one."""

    def lose():
        connection.ensure_connection()
        with connection.copy().cursor() as another:
            another.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
            assert another.fetchone() == (True,)
            another.db.close()

    return lose


@pytest.fixture
def page(client):
    study = make_study()
    session = client.session
    session[SESSION_KEY] = {str(study.public_id): AnnotatorFactory(study=study).pk}
    session.save()
    return reverse("rate", args=[study.public_id])


def new_request():
    """What Django does at the end of one; its test client leaves it out."""
    connection.close_if_unusable_or_obsolete()


def test_who_asks_for_a_pair_or_votes_notices_nothing(client, page, lose):
    new_request()
    lose()
    shown = client.get(page).context["page"]
    new_request()
    lose()
    vote = {"token": shown.token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
    answer = client.post(f"{page}vote", vote, headers={"accept": "application/json"})
    assert answer.json()["saved"]
    assert Judgement.objects.count() == 1


def test_the_connection_is_not_tried_before_it_is_used(client, page, monkeypatch):
    tried = []
    monkeypatch.setattr(connections["default"], "is_usable", lambda: tried.append("tried") or True)
    new_request()
    assert client.get(page).status_code == 200
    assert not tried
    new_request()
    AnnotatorFactory(study=make_study())
    assert tried == ["tried"]  # as Django does for everything else


def test_a_transaction_that_lost_its_connection_fails(lose):
    with pytest.raises(OperationalError), transaction.atomic():
        fetch("SELECT 1")
        lose()
        fetch("SELECT 1")
    assert fetch("SELECT 1") == [(1,)]
