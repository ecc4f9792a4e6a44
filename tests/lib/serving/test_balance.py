"""New connections are shared evenly between the processes of a server."""

import os
import signal
from collections import Counter
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest

from lib.serving import balance
from lib.serving.balance import MOST_PROCESSES, ConnectionCounts
from tests.lib.serving.test_server import HANG, served

# Who has more leaves a connection for as long as a busy machine needs to let another process have it.
TELLS_ITS_PROCESS = """
import os
from lib.serving import server
server.LEAVE_SECONDS = 1.0

def app(environ, start):
    said = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"""


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(balance.time, "monotonic", lambda: now[0])
    return now


def test_who_has_more_than_another_is_told(clock):
    counts = ConnectionCounts()
    assert not counts.another_has_fewer(1, 9)
    counts.tell(1, 2)
    assert not counts.another_has_fewer(1, 2)
    counts.tell(2, 1)
    assert counts.another_has_fewer(1, 2)
    assert not counts.another_has_fewer(2, 1)
    assert not counts.another_has_fewer(1, 1)


def test_processes_that_ended_or_hang_have_no_part(clock):
    counts = ConnectionCounts()
    counts.tell(1, 0)
    counts.tell(2, 0)
    counts.leave(1)
    assert counts.another_has_fewer(3, 1)
    clock[0] += balance.ALIVE_SECONDS + 0.1
    assert not counts.another_has_fewer(3, 1)


def test_places_of_processes_that_ended_are_used_again(clock):
    counts = ConnectionCounts()
    counts.tell(1, 5)
    counts.tell(1 + MOST_PROCESSES, 0)
    assert counts.another_has_fewer(2, 1)
    assert not counts.another_has_fewer(1 + MOST_PROCESSES, 1)


def process_of(connection):
    connection.request("GET", "/")
    return int(connection.getresponse().read())


def test_a_connection_goes_to_the_process_with_the_fewest(tmp_path):
    """And to the others once a process was killed, whatever it had."""
    options = ("--workers", "2", "--keep-alive", str(HANG))
    with served(tmp_path, TELLS_ITS_PROCESS, *options) as address, ExitStack() as opened:

        def new_process():
            return process_of(opened.enter_context(closing(HTTPConnection(*address, timeout=HANG))))

        had = Counter()
        while len(had) < 2:  # until both have begun
            had[new_process()] += 1
        for _ in range(max(had.values()) * 2 - had.total() + 6):
            fewest = min(had.values())
            process = new_process()
            assert had[process] == fewest
            had[process] += 1
        killed = new_process()
        os.kill(killed, signal.SIGKILL)
        assert killed not in {new_process() for _ in range(3)}
