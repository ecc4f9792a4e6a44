"""Installed packages that add metrics and adapters, for one test: a folder on the path, as pip leaves it."""

import importlib
import sys
import textwrap

import pytest

from models_runner.adapters.registry import ADAPTERS
from models_runner.metrics import declared

METRIC = """
from models_runner.metrics.protocol import Direction, MetricValue, ValueDescription

class Metric:
    values = (ValueDescription("slips", "Slips", "slips", "Slips of the pen.", direction=Direction.LOWER, lowest=0),)

    def signature(self, language):
        return "slips|1"

    def score(self, requests):
        return [[MetricValue("slips", float(request.summary.count("uh")))] for request in requests]
"""


def look_again():
    declared.look_again()
    ADAPTERS.look_again()


def add_package(folder, name, code, *, metrics=(), adapters=()):
    """Write a package; metrics, adapters: names within it, by key or as (key, name)."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(textwrap.dedent(code))
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = {"punchweight.metrics": metrics, "punchweight.adapters": adapters}
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {module}:{what}\n" for key, what in entries)
        for group, entries in groups.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder for packages, which are gone after the test."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    look_again()

    def add(name, code, **entries):
        add_package(folder, name, code, **entries)
        importlib.invalidate_caches()
        look_again()

    yield add
    monkeypatch.undo()
    forget_modules(folder)
    look_again()


def forget_modules(folder):
    """Another test may have a package of the same name."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
