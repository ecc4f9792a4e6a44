"""Tasks are announced by name: every name that is announced is one that workers know."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from evalsite import celery_app
from jobs.models import Announced
from jobs.registry import registered_jobs

APPS = ("models_runner", "annotations", "protocol", "leaderboards", "api", "evalsite")
ANNOUNCE = {"announce", "send"}


def known_tasks():
    celery_app.loader.import_default_modules()
    return {name for name in celery_app.tasks if not name.startswith("celery.")}


def announced_models():
    return [model for model in apps.get_models() if issubclass(model, Announced)]


def announced_in(path):
    """The first argument of every call of jobs.messages.announce or send, as it is written."""
    tree = ast.parse(path.read_text())
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "jobs.messages"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {*imported & ANNOUNCE, "messages.announce"}:
            yield node.args[0]


def call_sites():
    root = Path(settings.BASE_DIR)
    files = [path for app in APPS for path in sorted((root / app).rglob("*.py"))]
    return [(str(path.relative_to(root)), argument) for path in files for argument in announced_in(path)]


def test_every_announced_model_names_a_task_that_workers_know():
    models = announced_models()
    assert set(registered_jobs()) < set(models)
    assert {model.TASK for model in models} <= known_tasks()


def test_every_call_announces_a_task_that_workers_know():
    sites, tasks = call_sites(), known_tasks()
    assert sites
    for place, argument in sites:
        if isinstance(argument, ast.Constant):
            assert argument.value in tasks, f"{place} announces {argument.value}, which is no task"
        else:
            assert ast.unparse(argument).endswith(".TASK"), f"{place} announces {ast.unparse(argument)}: write the name"


def test_every_task_is_announced_by_somebody():
    named = {model.TASK for model in announced_models()}
    named |= {argument.value for _, argument in call_sites() if isinstance(argument, ast.Constant)}
    assert known_tasks() == named


def test_every_route_is_of_a_task():
    assert set(settings.CELERY_TASK_ROUTES) <= known_tasks()


@pytest.mark.parametrize("package", APPS)
def test_nothing_but_a_workers_start_imports_the_tasks(package):
    """Circles went through them: services sent messages by importing tasks, which import services."""
    wrong = []
    for path in (Path(settings.BASE_DIR) / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                wrong += [f"{path}: {name}" for name in names if name.endswith(".tasks") and path.name != "apps.py"]
    assert wrong == []
