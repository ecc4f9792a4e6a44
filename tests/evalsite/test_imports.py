"""Imports go one way: api, leaderboards, protocol, annotations, models_runner; statistics know no Django."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "jobs": {"accounts", "models_runner", "annotations", "protocol", "leaderboards", "evalsite", "api", "stats"},
    "accounts": {"models_runner", "annotations", "protocol", "leaderboards", "evalsite", "api", "stats"},
    "models_runner": {"annotations", "protocol", "leaderboards", "evalsite", "api"},
    "annotations": {"protocol", "leaderboards", "evalsite", "api"},
    "protocol": {"leaderboards", "evalsite", "api"},
    "leaderboards": {"evalsite", "api"},
    "api": {"evalsite"},
    "evalsite": {"api"},
    "client": {"django", "models_runner", "annotations", "leaderboards", "evalsite", "api"},
    "annotations/blindness/identity_leaks.py": {"django", "models_runner", "leaderboards", "evalsite"},
    "annotations/blindness/terms.py": {"django", "models_runner", "leaderboards", "evalsite"},
    "lib": {"accounts", "models_runner", "annotations", "protocol", "leaderboards", "api", "evalsite"},
    "stats": {"django", "accounts", "models_runner", "annotations", "protocol", "leaderboards", "api", "evalsite"},
}


SLOW_TO_LOAD = {"scipy.stats"}


def imported(path):
    yield from names_in(ast.walk(ast.parse(path.read_text())))


def imported_at_once(path):
    """What the module loads with itself, outside its functions."""
    yield from names_in(ast.parse(path.read_text()).body)


def names_in(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def python_files(path):
    return list(path.rglob("*.py")) if path.is_dir() else [path]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_one_way(package):
    files = python_files(ROOT / package)
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported(path)
        if name.split(".")[0] in FORBIDDEN[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_start_waits_for_what_takes_a_second_to_load(package):
    """A function that needs it loads it; every process of the site and of the tests is spared the rest."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(ROOT / package)
        for name in imported_at_once(path)
        if name in SLOW_TO_LOAD
    ]
    assert wrong == []
