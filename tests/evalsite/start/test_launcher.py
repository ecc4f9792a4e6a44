"""How many web processes the launcher starts, and what they wait for."""

import os

import pytest

from evalsite import launcher, waiting


def workers():
    command = launcher.web_command("127.0.0.1", 8000)
    return command[command.index("--workers") + 1]


@pytest.mark.parametrize(("cores", "processes"), [(1, "2"), (2, "2"), (6, "6"), (64, "8")])
def test_as_many_as_cores_within_bounds(monkeypatch, cores, processes):
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setattr(launcher, "cores", lambda: cores)
    assert workers() == processes


def test_as_many_as_asked_for(monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", "12")
    assert workers() == "12"


@pytest.mark.parametrize("asked", ["0", "-1", "many", "", "1.5"])
def test_another_value_is_refused_by_name(monkeypatch, asked):
    monkeypatch.setenv("WEB_CONCURRENCY", asked)
    with pytest.raises(launcher.StartError, match="WEB_CONCURRENCY is"):
        workers()


def test_the_web_server_loads_and_then_waits_for_the_launcher(monkeypatch):
    ours, launchers = os.pipe()
    loaded = []

    def load(name):
        loaded.append(name)
        os.close(launchers)  # now everything is prepared

    monkeypatch.setattr(waiting, "import_module", load)
    monkeypatch.setenv(waiting.WAITS_FOR, str(ours))
    waiting.wait_until_prepared()
    assert loaded == ["evalsite.urls"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ours)
    # A web process that the launcher starts again, or that of another launcher, waits for nobody.
    waiting.wait_until_prepared()
    assert loaded == ["evalsite.urls"]
