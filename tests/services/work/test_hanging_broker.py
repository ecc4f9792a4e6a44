"""A broker that takes a connection and then says nothing: sending gives up, each of these would wait for it for ever."""

import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.worker

SEND = """
import django; django.setup()
from jobs.messages import send
for n in range(3): send("tests.errand", n)
"""
HANG = 60


@pytest.fixture
def silent_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "amqp://guest:guest@127.0.0.1:{port}//"])
def test_sending_to_a_broker_that_hangs_ends_with_a_warning(url, silent_port, tmp_path):
    env = os.environ | {
        "CELERY_BROKER_URL": url.format(port=silent_port),
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "evalsite.settings",
        "PUBLISH_SECONDS": "0.5",
    }
    sent = subprocess.run(
        [sys.executable, "-c", SEND], env=env, cwd=settings.BASE_DIR, timeout=HANG, capture_output=True, text=True
    )
    assert sent.returncode == 0, sent.stderr
    assert sent.stderr.count("the broker does not answer") == 1
