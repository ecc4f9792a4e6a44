"""Several processes of the site at once: a write happens once, and a limit is a limit."""

import pytest
from django.utils import timezone

from api.models import ApiToken, KeptAnswer
from models_runner.models import Document
from tests.api.helpers import Program, document, new_key, program
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


def test_a_write_sent_by_several_at_once_happens_once():
    text, key = program().text, new_key()
    write = {"Idempotency-Key": key}
    answers = at_once(*[lambda: Program(text).upload("/datasets/new/documents", [document()], **write)] * AT_ONCE)
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

    statuses = [status for got in at_once(*[ask] * AT_ONCE) for status in got]
    assert len(statuses) == 4 * AT_ONCE
    assert statuses.count(200) == 10
    assert ApiToken.objects.get().used_in_minute == 10
