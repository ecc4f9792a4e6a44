"""A session is read as Django's own reads it."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from evalsite.sessions import SessionStore

pytestmark = pytest.mark.django_db


def stored(**values):
    session = SessionStore()
    session.update(values)
    session.save()
    return session.session_key


def test_what_was_stored_is_read_again():
    key = stored(annotators={"a": 1}, language="zh-hans")
    for store in (SessionStore, DatabaseSessions):
        assert dict(store(key).items()) == {"annotators": {"a": 1}, "language": "zh-hans"}


def test_an_expired_or_unknown_session_is_empty_and_gets_another_key():
    key = stored(secret=1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    for gone in (key, "made up by somebody long enough"):
        session = SessionStore(gone)
        assert dict(session.items()) == {}
        session["mine"] = 1
        session.save()
        assert session.session_key not in (key, gone)
        assert dict(SessionStore(session.session_key).items()) == {"mine": 1}


def test_what_one_request_puts_into_a_session_does_not_reach_another():
    key = stored(annotators={"a": 1})
    SessionStore(key)["annotators"]["b"] = 2
    assert SessionStore(key)["annotators"] == {"a": 1}


def test_a_session_that_was_changed_by_hand_is_empty(caplog):
    key = stored(annotators={"a": 1})
    assert SessionStore(key)["annotators"]
    data = Session.objects.get(pk=key).session_data
    for forged in (data[:-1] + ("A" if data[-1] != "A" else "B"), "no signature"):
        Session.objects.update(session_data=forged)
        assert dict(SessionStore(key).items()) == {}
        assert "Session data corrupted" in caplog.text
        caplog.clear()
