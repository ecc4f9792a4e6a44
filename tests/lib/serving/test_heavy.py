"""Heavy requests wait for each other without a thread, and nobody's keep others from theirs."""

import re

import pytest

from lib.serving.heavy import MOST_WAITING, NOBODY, HeavyLimits, HeavyQueue

LIMITS = HeavyLimits(re.compile(rb"/boards/[^/]+/(?!status)"), at_once=2, each=1, seconds=60)


def asking(path, header=b""):
    return b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n"


@pytest.mark.parametrize(
    ("received", "visitor"),
    [
        (asking(b"/boards/x/"), NOBODY),
        (asking(b"/boards/x/?a=/boards/x/status/", b"Cookie: a=b; punchweight_session_8000=abc; c=d\r\n"), b"abc"),
        (asking(b"/boards/x/", b"authorization: Bearer secret\r\n"), b"Bearer secret"),
        (asking(b"http://here/boards/x/"), NOBODY),
        (asking(b"/boards/x/") + b"\r\nCookie: punchweight_session_8000=of-a-body", NOBODY),
        (asking(b"/boards/x/status/"), None),
        (asking(b"/rate/x/?next=/boards/x/"), None),
        (b"nonsense", None),
        (b"", None),
    ],
)
def test_a_heavy_request_is_known_by_its_header_and_its_sender_too(received, visitor):
    assert HeavyQueue(LIMITS).visitor(received) == visitor


def queue_of(*requests):
    """Requests that came in this order, by name and visitor."""
    queue = HeavyQueue(LIMITS)
    for name, visitor in requests:
        assert queue.add(name, visitor, now=0.0)
    return queue


def test_one_visitors_wait_for_each_other_and_not_others_for_them():
    queue = queue_of(("m1", b"maya"), ("m2", b"maya"), ("m3", b"maya"), ("j1", b"jan"), ("k1", b"kim"))
    assert list(queue.started()) == ["m1", "j1"]
    queue.ended("m1")
    assert list(queue.started()) == ["m2"]
    queue.ended("j1")
    assert list(queue.started()) == ["k1"]
    queue.ended("k1")
    assert list(queue.started()) == []
    queue.ended("m2")
    assert list(queue.started()) == ["m3"]
    assert len(queue) == 0


def test_visitors_without_a_session_share_what_all_have_and_come_after_accounts():
    queue = queue_of(("a", NOBODY), ("b", NOBODY), ("c", NOBODY), ("m1", b"maya"))
    assert list(queue.started()) == ["a", "m1"]
    queue.ended("m1")
    assert list(queue.started()) == ["b"]


def test_who_waited_too_long_or_left_waits_no_more():
    queue = queue_of(("m1", b"maya"), ("m2", b"maya"), ("m3", b"maya"))
    assert list(queue.started()) == ["m1"]
    queue.without({"m2"})
    assert queue.waiting() == ["m3"]
    assert queue.waited_too_long(60.0) == []
    assert queue.waited_too_long(60.1) == ["m3"]
    queue.ended("m1")
    assert list(queue.started()) == []


def test_nobody_fills_the_table_of_connections():
    queue = queue_of(*((number, b"maya") for number in range(MOST_WAITING)))
    assert not queue.add("one more", b"maya", now=0.0)
    assert queue.add("j1", b"jan", now=0.0)
