"""A plugin that writes down which statements each test has the project send to the database, and every refusal.

tools/postgresql_tests.py loads it, and chooses by its lines which tests run on PostgreSQL in every run. What a test
asks or arranges by itself is no statement of the project and is left out, and so is what makes the database.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

# Statements that differ only in how many values they have, in a number or in the name of a savepoint are the same one.
SAME = [
    (re.compile(r"\(%s(?:, ?%s)*\)"), "(…)"),
    (re.compile(r"\(…\)(?:, ?\(…\))+"), "(…)"),
    (re.compile(r"\b(?:s\d+_x)?\d+\b"), "0"),
]
ROOT = str(Path(__file__).parents[1])
TESTS = str(Path(__file__).parent)
sent: set[str] | None = None
making = 0.0


def form(statement):
    text = str(statement)
    for pattern, instead in SAME:
        text = pattern.sub(instead, text)
    return text


def sent_by_project():
    """Whether the nearest caller that is neither a library nor this plugin is code of the project."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOT) and "site-packages" not in file and file != __file__:
            return not file.startswith(TESTS)
        frame = frame.f_back
    return True


def note(execute, statement, params, many, context):
    """Stands around each statement. One that is refused counts as another than one that is answered."""
    refusal = ""
    try:
        return execute(statement, params, many, context)
    except Exception as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        refusal = f" refused: {type(error).__name__} {constraint or ''}"
        raise
    finally:
        if sent is not None and (refusal or sent_by_project()):
            sent.add(form(statement) + refusal)


def _noted(make):
    def make_and_note(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.execute_wrappers.append(note)

    return make_and_note


BaseDatabaseWrapper.__init__ = _noted(BaseDatabaseWrapper.__init__)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """What makes the database is no work of the test that happens to come first."""
    global sent, making
    if fixturedef.argname != "django_db_setup":
        return (yield)
    kept, sent, begun = sent, None, time.process_time()
    try:
        return (yield)
    finally:
        sent, making = kept, time.process_time() - begun


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    global sent, making
    sent, making, begun, failed = set(), 0.0, time.process_time(), item.session.testsfailed
    result = yield
    line = {
        "test": item.nodeid,
        "seconds": time.process_time() - begun - making,
        "marks": sorted({mark.name for mark in item.iter_markers()}),
        "statements": sorted(sent),
        "failed": item.session.testsfailed > failed,
    }
    with Path(os.environ["STATEMENTS"]).open("a") as file:
        file.write(json.dumps(line) + "\n")
    sent = None
    return result
