"""Several processes of the site at once: a write happens once, and a limit is a limit."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from api.models import ApiToken, KeptAnswer
from models_runner.models import Document
from tests.api.helpers import Program, document, new_key, program

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


def at_once(call):
    """What each of several threads gets, started together; each has a connection of its own."""
    start, got = threading.Barrier(AT_ONCE), []

    def work():
        start.wait()
        try:
            got.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_a_write_sent_by_several_at_once_happens_once():
    text, key = program().text, new_key()
    answers = at_once(lambda: Program(text).upload("/datasets/new/documents", [document()], **{"Idempotency-Key": key}))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["added"] == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert Document.objects.count() == KeptAnswer.objects.count() == 1


def test_a_limit_holds_over_all(settings, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # so that no minute ends in between
    settings.API_REQUESTS_PER_MINUTE = 10
    text = program().text

    def ask():
        return [Program(text).get("/studies").status_code for _ in range(4)]

    statuses = [status for got in at_once(ask) for status in got]
    assert len(statuses) == 4 * AT_ONCE
    assert statuses.count(200) == 10
    assert ApiToken.objects.get().used_in_minute == 10
