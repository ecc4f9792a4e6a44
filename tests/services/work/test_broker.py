"""The embedded broker under several processes at once."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from evalsite import broker

SEND = """
import django; django.setup()
from models_runner.tasks import generate_summaries
for n in range(60): generate_summaries.apply_async(args=[n])
"""


@pytest.mark.skipif(not settings.EMBEDDED_BROKER, reason="another broker is configured")
def test_messages_of_many_processes_arrive_whole(tmp_path):
    env = os.environ | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    senders = [subprocess.Popen([sys.executable, "-c", SEND], env=env, cwd=settings.BASE_DIR) for _ in range(3)]
    assert [sender.wait(120) for sender in senders] == [0, 0, 0]
    messages = list((tmp_path / "broker" / "queue").glob("*.generation.msg"))
    assert len(messages) == 180
    assert all(json.loads(message.read_text())["headers"]["task"] for message in messages)


@pytest.mark.skipif(not settings.EMBEDDED_BROKER, reason="another broker is configured")
def test_queues_are_bound_before_anyone_sends():
    broker.prepare()
    bound = {path.name for path in (settings.BROKER_DIR / "control").glob("*.exchange")}
    assert bound >= {f"{queue}.exchange" for queue in broker.QUEUES}
