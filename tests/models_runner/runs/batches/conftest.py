"""A provider of the test's own, which is asked again at once."""

import pytest

from models_runner.adapters.registry import unload_all
from tests.servers.batch_server import batch_server


@pytest.fixture(autouse=True)
def _at_once(monkeypatch, settings):
    settings.BATCH_POLL_SECONDS = settings.RETRY_SECONDS = 0
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    yield
    unload_all()


@pytest.fixture
def server():
    with batch_server() as server:
        yield server
