"""Each sweep deletes sessions that have expired, and failed logins that lock nobody any more."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import AttemptCount
from accounts.throttle import count_attempt
from jobs.sweeper import sweep
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=2)


def test_expired_sessions_go_and_others_stay():
    kept, expired = Client(), Client()
    for client in (kept, expired):
        client.force_login(UserFactory())
    Session.objects.filter(pk=expired.session.session_key).update(expire_date=LONG_AGO)
    sweep()
    assert list(Session.objects.values_list("pk", flat=True)) == [kept.session.session_key]


def test_old_failures_go_and_those_that_lock_stay():
    for name in ("old", "new"):
        count_attempt(name, "203.0.113.1")
        AccessAttempt.objects.create(username=name, ip_address="203.0.113.1", failures_since_start=3)
    AttemptCount.objects.filter(kind="old").update(since=LONG_AGO)
    AccessAttempt.objects.filter(username="old").update(attempt_time=LONG_AGO)
    sweep()
    assert list(AttemptCount.objects.values_list("kind", flat=True)) == ["new"]
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]
