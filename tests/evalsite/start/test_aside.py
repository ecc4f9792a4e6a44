"""What the launcher lets a child process do: elsewhere, and with its fault in words."""

import os
import sys
import time
from pathlib import Path

import pytest

from evalsite.launcher import Aside, StartError

# A fork in a process of tests closes its connections to the database: these tests have none.
pytestmark = [pytest.mark.once, pytest.mark.skipif(sys.platform != "linux", reason="forks")]


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch):
    monkeypatch.setattr("evalsite.launcher.connections.close_all", lambda: None)


def test_work_is_done_by_another_process_that_ends(tmp_path):
    def work(name):
        (tmp_path / name).write_text(str(os.getpid()))

    Aside(work, "done").wait()
    pid = int((tmp_path / "done").read_text())
    assert pid != os.getpid()
    assert not Path(f"/proc/{pid}").exists()


def test_a_fault_ends_the_start(capfd):
    def work():
        raise ValueError("No such table.")

    with pytest.raises(StartError, match="stands above"):
        Aside(work).wait()
    assert "No such table." in capfd.readouterr().err


def test_who_stops_waiting_stops_the_work(monkeypatch):
    aside = Aside(time.sleep, 3600)
    monkeypatch.setattr(aside._child, "join", interrupted_once(aside._child.join))
    with pytest.raises(KeyboardInterrupt):
        aside.wait()
    assert not aside._child.is_alive()


def interrupted_once(join):
    calls = iter((KeyboardInterrupt, None))

    def joined():
        if fault := next(calls):
            raise fault
        join()

    return joined
