"""Neither half-sent requests nor one visitor's heavy ones hold the threads: a server with two goes on answering."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

from lib.serving import arrivals
from lib.serving.heavy import MOST_WAITING
from lib.serving.server import MOST_BUFFERED, SWITCH_SECONDS, is_whole

HANG = 60
HEADER = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (HEADER + b"Content-Length: 3\r\n\r\n", False),
        (HEADER + b"content-length:3\r\n\r\nab", False),
        (HEADER + b"Content-Length: 3\r\n\r\nabc", True),
        (HEADER + b"Content-Length: 99999999\r\n\r\n", True),
        (HEADER + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", True),
        (HEADER + b"X: y\r\n\r\nContent-Length: 9\r\n", True),
        (b"x" * MOST_BUFFERED, True),
    ],
)
def test_a_thread_begins_once_a_request_is_there(received, whole):
    assert is_whole(received) is whole


APP = """
import sys
import threading
from django.conf import settings
settings.configure(HEAVY_ADDRESSES="/boards/", HEAVY_AT_ONCE=0, HEAVY_AT_ONCE_EACH=1, HEAVY_WAIT_SECONDS=60)
opened, computed = threading.Event(), []
begun = threading.Semaphore(0)

def app(environ, start):
    said = b"ok" + environ["wsgi.input"].read()
    if "HTTP_X_WAITED_TOO_LONG" in environ:
        said = b"refused"
    elif environ["PATH_INFO"] == "/boards/":
        begun.release()
        opened.wait()
        computed.append(environ)
    elif environ["PATH_INFO"] == "/begun":
        begun.acquire()
    elif environ["PATH_INFO"] == "/open":
        opened.set()
    elif environ["PATH_INFO"] == "/computed":
        said = str(len(computed)).encode()
    elif environ["PATH_INFO"] == "/switch":
        said = str(sys.getswitchinterval()).encode()
    start("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"""


# A loop that looks at nothing by itself, but waits until it is told of something.
TOLD_ALONE = """
from gunicorn.workers.gthread import ThreadWorker
waiting = ThreadWorker.wait_for_and_dispatch_events
ThreadWorker.wait_for_and_dispatch_events = lambda worker, timeout: waiting(worker, None)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("server"), APP) as address:
        yield address


@contextmanager
def served(tmp_path, app, *more):
    (tmp_path / "echo.py").write_text(app)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
        "--threads",
        "2",
        "--no-control-socket",
        "--timeout",
        "0",
    ]
    options += ["--worker-class", "lib.serving.server.PatientWorker", "--chdir", str(tmp_path), "--config", "/dev/null"]
    options += more
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "echo:app", *options],
            stdout=log, stderr=log, cwd=settings.BASE_DIR, env={"PYTHONPATH": str(settings.BASE_DIR)},
            start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + HANG
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield "127.0.0.1", port
    finally:
        # Its worker, too: one that waits until it is told of something never sees that it is alone.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sent(address, part):
    connection = socket.create_connection(address, timeout=HANG)
    connection.sendall(part)
    return connection


def is_closed(connection):
    """Wait for its end; what was sent and never read makes it a reset."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_thread_that_computes_lets_others_go_on_soon(address):
    assert float(urlopen("http://{}:{}/switch".format(*address), timeout=HANG).read()) == SWITCH_SECONDS


def test_half_sent_requests_stop_nobody_and_are_closed(address):
    url = "http://{}:{}/".format(*address)
    parts = (b"", b"GET / HT", HEADER, HEADER + b"Content-Length: 100\r\n\r\nabc")
    held = [sent(address, part) for part in parts * 4]
    assert urlopen(url, timeout=HANG).read() == b"ok"
    assert urlopen(Request(url, data=b"x" * 1000), timeout=HANG).read() == b"ok" + b"x" * 1000
    assert urlopen(Request(url, data=b"x" * 3_000_000), timeout=HANG).read() == b"ok" + b"x" * 3_000_000
    assert all(is_closed(connection) for connection in held)


def test_a_request_that_comes_in_pieces_is_answered_and_its_connection_kept(address):
    answer_in_pieces(address)


@pytest.mark.skipif(not arrivals.KNOWN, reason="this system does not tell of arrivals")
def test_a_piece_that_comes_wakes_the_server(tmp_path):
    """So that whoever sends a form after its header, as many programs do, waits for nothing."""
    with served(tmp_path, APP + TOLD_ALONE) as address:
        answer_in_pieces(address)


@pytest.mark.skipif(not arrivals.KNOWN, reason="this system does not tell of arrivals")
def test_each_arrival_is_told_once():
    here, there = socket.socketpair()
    told, selector = arrivals.Arrivals(), selectors.DefaultSelector()
    selector.register(told, selectors.EVENT_READ)
    with here, there, selector, closing(told):
        there.send(b"before it is watched")
        told.watch(here)
        for _ in range(2):
            assert selector.select(HANG)
            told.take()
            assert not selector.select(0)
            there.send(b"more, while the first is unread")
        told.forget(here)
        assert not selector.select(0)


def answer_in_pieces(address):
    connection = sent(address, HEADER)
    for piece in (b"Content-Length: 4\r\n", b"\r\nab", b"cd"):
        time.sleep(0.2)
        connection.sendall(piece)
    answered = connection.makefile("rb")
    assert answered.readline() == b"HTTP/1.1 200 OK\r\n"
    while answered.readline() != b"\r\n":
        pass
    assert answered.read(6) == b"okabcd"
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answered.readline() == b"HTTP/1.1 200 OK\r\n"


def test_one_visitors_heavy_requests_leave_a_thread_and_are_answered_one_by_one(address):
    url = "http://{}:{}".format(*address)
    heavy = b"GET /boards/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: punchweight_session_8000=maya\r\n\r\n"
    too_many, leaving = 9, 7
    first = sent(address, heavy)
    assert urlopen(f"{url}/begun", timeout=HANG).read() == b"ok"
    asked = [sent(address, heavy) for _ in range(MOST_WAITING + too_many)]
    refused = answered_first(asked, too_many)
    assert [said(connection) for connection in refused] == [b"refused"] * too_many
    waiting = [connection for connection in asked if connection not in refused]
    for connection in waiting[:leaving]:
        connection.close()
    assert urlopen(f"{url}/open", timeout=HANG).read() == b"ok"
    stayed = [first, *waiting[leaving:]]
    assert [said(connection) for connection in stayed] == [b"ok"] * len(stayed)
    assert urlopen(f"{url}/computed", timeout=HANG).read() == str(len(stayed)).encode()


def answered_first(connections, count):
    """Return those that are answered while the others wait; the server may take them in another order than sent."""
    answered = []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while len(answered) < count:
            ready = [key.fileobj for key, _ in selector.select(HANG)]
            assert ready
            for connection in ready:
                selector.unregister(connection)
            answered += ready
    return answered


def said(connection):
    return connection.makefile("rb").read().partition(b"\r\n\r\n")[2]
