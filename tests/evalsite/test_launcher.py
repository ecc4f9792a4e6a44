"""How many web processes the launcher starts."""

import pytest

from evalsite import launcher


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
