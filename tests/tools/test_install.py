"""Packages are installed with uv where it can be told all that pip was told, and with pip where it cannot."""

import os
import subprocess
import sys

import pytest

from tools.install import PIP, pip_settings, uv_environment
from tools.run_tests import ROOT

FILE = """[global]
index-url = https://mirror.example/simple
extra-index-url =
    https://one.example/simple
    https://two.example/simple
timeout = 60
[install]
timeout = 90
"""


@pytest.fixture
def listed(tmp_path):
    """What pip itself prints of a file and of the environment."""
    (tmp_path / "pip.conf").write_text(FILE)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    env = ours | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_FIND_LINKS": "/wheels https://three.example"}
    return subprocess.run([*PIP, "config", "list"], env=env, capture_output=True, text=True, check=True).stdout


def test_settings_of_pip_are_told_to_uv(listed):
    variables = uv_environment(pip_settings(listed), {})
    expected = {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_HTTP_TIMEOUT": "90",
        "UV_FIND_LINKS": "/wheels,https://three.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert expected.items() <= variables.items()


def test_what_was_told_to_uv_itself_stays(listed):
    already = {"UV_DEFAULT_INDEX": "https://elsewhere.example/simple"}
    assert "UV_DEFAULT_INDEX" not in uv_environment(pip_settings(listed), already)


@pytest.mark.parametrize("name", ["require-hashes", "no-binary", "only-binary", "no-index", "target", "pre"])
def test_pip_installs_where_it_has_a_setting_that_uv_is_not_told(name):
    assert uv_environment({name: "yes"}, {}) is None


@pytest.mark.parametrize(("told", "installs"), [({}, "uv"), ({"PIP_ONLY_BINARY": ":all:"}, "pip")])
def test_either_installs_and_a_failure_is_one(told, installs):
    """Nothing is changed: both can say what they would do, where they are not told to be quiet, as they are in CI."""
    env = os.environ | {"CI": ""} | told
    command = [sys.executable, "-m", "tools.install", "--dry-run", "--no-deps"]
    found = subprocess.run([*command, "pytest"], env=env, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0
    assert ("Requirement already satisfied" in found.stdout + found.stderr) == (installs == "pip")
    broken = subprocess.run([*command, "-r", "missing.txt"], env=env, cwd=ROOT, capture_output=True, text=True)
    assert broken.returncode
    assert ("uv could not install the packages" in broken.stderr) == (installs == "uv")
