"""The sweep of every registered kind, and messages that are sent by name after the commit."""

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs import messages, registry
from jobs.registry import Swept
from jobs.sweeper import sweep
from tests.jobs.models import Chore, Errand


@pytest.mark.usefixtures("tables", "only_ours")
class TestSweep:
    def test_it_announces_what_nobody_took_up_but_not_at_once_again(self, sent, django_capture_on_commit_callbacks):
        errand, chore = Errand.objects.create(), Chore.objects.create()
        with django_capture_on_commit_callbacks(execute=True):
            assert sweep() == {"freed": 0, "announced": 2}
            assert sweep() == {"freed": 0, "announced": 0}
        assert sent == [("tests.errand", (errand.pk,)), ("tests.chore", (chore.pk,))]

    def test_it_announces_again_after_a_while_or_when_a_worker_starts(self, settings):
        Errand.objects.create(announced_at=timezone.now() - timedelta(seconds=settings.RESEND_SECONDS + 1))
        Errand.objects.create(announced_at=timezone.now())
        assert sweep()["announced"] == 1
        assert sweep(starting=True)["announced"] == 2

    def test_a_clock_that_was_put_back_holds_up_no_announcement(self):
        now = timezone.now()
        put_back = Errand.objects.create(announced_at=now + timedelta(hours=1))
        Errand.objects.create(announced_at=now + timedelta(seconds=20))  # of a machine whose clock is a little ahead
        assert sweep()["announced"] == 1
        put_back.refresh_from_db()
        assert put_back.announced_at < now + timedelta(minutes=1)

    def test_what_it_frees_it_announces_at_once(self):
        past = timezone.now() - timedelta(minutes=1)
        held = {"status": "running", "owner": "elsewhere/1:1:1:1", "lease_until": past, "attempts": 1}
        Errand.objects.create(**held, announced_at=timezone.now())
        assert sweep() == {"freed": 1, "announced": 1}

    def test_what_is_given_up_is_announced_no_more(self):
        past = timezone.now() - timedelta(minutes=1)
        held = {"status": "running", "owner": "elsewhere/1:1:1:1", "lease_until": past, "attempts": 5}
        Errand.objects.create(**held)
        assert sweep() == {"freed": 1, "announced": 0}

    def test_a_fault_in_one_part_ends_no_other(self, monkeypatch, caplog):
        Errand.objects.create()

        def broken(*, starting=False):
            raise ValueError("no")

        monkeypatch.setattr(registry, "_sweeps", {"broken": broken, "other": lambda *, starting=False: Swept(3, 2)})
        assert sweep() == {"freed": 3, "announced": 3}
        assert "the sweep of broken failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_message_is_sent_after_the_commit_alone(sent):
    with transaction.atomic():
        messages.announce("tests.errand", 7)
        assert sent == []
    assert sent == [("tests.errand", (7,))]
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        messages.announce("tests.errand", 8)
        raise ValueError("no")
    assert len(sent) == 1


@pytest.mark.parametrize("error", [OperationalError("down"), ConnectionRefusedError("down")])
def test_a_broker_that_is_down_costs_a_warning(error, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("celery.current_app.send_task", fail)
    messages.send("tests.errand", 7)
    assert "tests.errand(7,) waits for the sweeper" in caplog.text


def test_a_broker_that_did_not_answer_is_left_alone_for_a_while(monkeypatch):
    tried = []

    def fail(*args, **kwargs):
        tried.append(args)
        raise OperationalError("down")

    monkeypatch.setattr("celery.current_app.send_task", fail)
    unsent = messages.note_unsent()
    for key in (7, 8, 9):
        messages.send("tests.errand", key)
    assert (len(tried), unsent) == (1, ["tests.errand"] * 3)
    monkeypatch.setattr(messages, "_silent_until", time.monotonic())
    messages.send("tests.errand", 10)
    assert len(tried) == 2
