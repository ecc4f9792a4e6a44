"""Which program shows pages to the tests in a browser."""

import pytest

from tools import servers


@pytest.fixture
def programs(monkeypatch, tmp_path):
    shell, browser = tmp_path / "shell", tmp_path / "browser"
    monkeypatch.setattr(servers, "HEADLESS_SHELL", shell)
    monkeypatch.setattr(servers, "CHROMIUM", browser)
    return shell, browser


def test_the_shell_is_taken_where_it_is_installed(programs):
    for program in programs:
        program.touch()
    assert servers.find_chromium(install=False) == programs[0]


def test_a_whole_browser_does_as_well(programs):
    programs[1].touch()
    assert servers.find_chromium(install=False) == programs[1]


def test_without_either_there_is_none(programs):
    assert servers.find_chromium(install=False) is None
