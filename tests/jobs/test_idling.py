"""When a worker starts anew, and when it does not."""

import os
import signal
import sys

import pytest
from celery.signals import task_postrun

from jobs.workers import draining, idling
from jobs.workers.idling import Idleness

MUCH = 10**9


@pytest.fixture(autouse=True)
def _patience(settings):
    settings.WORKER_IDLE_SECONDS, settings.WORKER_IDLE_BYTES = 60.0, 100_000_000


def test_a_worker_is_renewed_once_it_has_waited_with_much_memory():
    idle = Idleness()
    idle.idle_since, idle.bytes_at_start = 1000.0, 90_000_000
    assert idle.is_worth_it(1060.0, MUCH)
    assert not idle.is_worth_it(1059.0, MUCH)
    assert not idle.is_worth_it(1060.0, 180_000_000)


def test_no_worker_is_renewed_that_works_or_has_done_nothing_or_must_keep_its_model(settings):
    idle = Idleness()
    assert not idle.is_worth_it(1060.0, MUCH)
    idle.idle_since, idle.working = 0.0, True
    assert not idle.is_worth_it(1060.0, MUCH)
    idle.working, settings.WORKER_IDLE_SECONDS = False, 0
    assert not idle.is_worth_it(1060.0, MUCH)


@pytest.mark.parametrize(("signals", "begun"), [(1, 1), (2, 0)])
def test_who_is_told_to_end_meanwhile_ends(monkeypatch, signals, begun):
    sent, started = [], []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(number))
    monkeypatch.setattr(os, "execv", lambda program, words: started.append((program, words)))
    monkeypatch.setattr(os, "closerange", lambda low, high: None)
    monkeypatch.setattr(idling, "_starting_anew", False)
    monkeypatch.setattr(idling._idleness, "is_worth_it", lambda now, held: True)
    monkeypatch.setattr(draining, "_signals", signals)
    idling.start_anew()
    assert started == []  # nobody asked
    idling.end_if_idle()
    idling.end_if_idle()
    assert sent == [signal.SIGTERM]
    idling.start_anew()
    assert started == [(sys.executable, [sys.executable, *sys.orig_argv[1:]])] * begun


def test_memory_is_given_back_after_a_task_that_took_much(monkeypatch):
    given, held = [], [100_000_000]
    monkeypatch.setattr(idling, "held_bytes", lambda: held[0])
    monkeypatch.setattr(idling, "give_back", lambda: given.append(held[0]) or held.__setitem__(0, 150_000_000))
    monkeypatch.setattr(idling, "_idleness", Idleness())
    for held[0], times in ((100_000_000, 1), (210_000_000, 1), (220_000_000, 2)):
        task_postrun.send(sender=None)
        assert len(given) == times
