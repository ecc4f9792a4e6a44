"""A plugin that writes down which statements each test sends to the database, and what they are answered with.

tools/postgresql_tests.py loads it, and chooses by its lines which tests run on PostgreSQL in every run.
"""

import json
import os
import re
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
sent: set[str] | None = None


def form(statement):
    text = str(statement)
    for pattern, instead in SAME:
        text = pattern.sub(instead, text)
    return text


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
        if sent is not None:
            sent.add(form(statement) + refusal)


def _noted(make):
    def make_and_note(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.execute_wrappers.append(note)

    return make_and_note


BaseDatabaseWrapper.__init__ = _noted(BaseDatabaseWrapper.__init__)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    global sent
    sent, begun, failed = set(), time.process_time(), item.session.testsfailed
    result = yield
    line = {
        "test": item.nodeid,
        "seconds": time.process_time() - begun,
        "marks": sorted({mark.name for mark in item.iter_markers()}),
        "statements": sorted(sent),
        "failed": item.session.testsfailed > failed,
    }
    with Path(os.environ["STATEMENTS"]).open("a") as file:
        file.write(json.dumps(line) + "\n")
    sent = None
    return result
