"""Imports go one way: api, leaderboards, protocol, annotations, models_runner; statistics know no Django."""

import ast
import subprocess
import sys
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


SLOW_TO_LOAD = (
    "altair", "authlib", "bert_score", "boto3", "botocore", "cryptography", "httpx2", "matplotlib", "nltk", "opentelemetry",
    "pandas", "pyarrow", "sacrebleu", "scipy.linalg", "scipy.optimize", "scipy.sparse", "scipy.special", "scipy.stats",
    "segno", "sentry_sdk", "storages", "torch", "transformers", "vl_convert", "xllamacpp",
)  # fmt: skip
# All modules of a web process, and of a worker that has not begun its first job.
START = """
import sys
import evalsite.celery
evalsite.celery.app.loader.import_default_modules()
import evalsite.urls
print(*sys.modules)
"""


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
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


def test_no_start_waits_for_what_is_slow_to_load():
    """A function that needs it loads it; every process of the site and of the tests is spared the rest."""
    started = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = started.stdout.split()
    assert "models_runner.metrics.rouge" in loaded
    assert sorted(set(loaded) & set(SLOW_TO_LOAD)) == []
