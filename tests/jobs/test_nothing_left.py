"""A search that found no work is not done again until there may be some."""

import pytest

from jobs import nothing_left
from jobs.nothing_left import NothingLeft


class Search:
    """Finds work or none, and counts how often it was asked."""

    def __init__(self):
        self.work, self.asked = False, 0

    def __call__(self):
        self.asked += 1
        return self.work


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(nothing_left.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def search():
    return Search()


def test_nothing_is_remembered_until_the_stamp_changes(clock, search):
    memory = NothingLeft()
    assert memory.holds("a", search) and memory.holds("a", search)
    assert search.asked == 1
    search.work = True
    assert memory.holds("a", search)
    assert not memory.holds("b", search)
    assert search.asked == 2


def test_work_is_not_remembered(clock, search):
    memory = NothingLeft()
    search.work = True
    assert not memory.holds("a", search) and not memory.holds("a", search)
    search.work = False
    assert memory.holds("a", search)
    assert search.asked == 3


def test_it_searches_again_after_a_while(clock, search):
    memory = NothingLeft()
    assert memory.holds("a", search)
    clock[0] += NothingLeft.AGAIN_AFTER_SECONDS - 1
    assert memory.holds("a", search)
    clock[0] += 2
    search.work = True
    assert not memory.holds("a", search)


def test_work_that_came_and_went_is_not_taken_for_an_old_nothing(clock, search):
    memory = NothingLeft()
    assert memory.holds("a", search)
    search.work = True
    assert not memory.holds("b", search)
    assert not memory.holds("a", search)


def test_all_memories_can_be_forgotten(clock, search):
    memory = NothingLeft()
    assert memory.holds(None, search)
    NothingLeft.forget()
    search.work = True
    assert not memory.holds(None, search)
