"""The workers of docs/operations.md on RabbitMQ, both on one machine."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from django.conf import settings
from kombu import Connection

from jobs.models import Worker
from models_runner.models import Run, Score
from models_runner.runs import lifecycle
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SystemFactory
from tests.services.workers import database_url, wait_until

BROKER = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
QUEUES = ("generation", "metrics", "default")


def answers():
    try:
        with Connection(BROKER, connect_timeout=3) as connection:
            connection.connect()
    except OSError:
        return False
    return True


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.worker,
    pytest.mark.once,
    pytest.mark.skipif(not answers(), reason="no RabbitMQ answers; set TEST_AMQP_URL"),
]


def documented():
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    return re.findall(r"^celery (.* worker .*)$", text, re.MULTILINE)


def unnamed():
    return [re.sub(r"-n \S+ ", "", command) for command in documented()]


def _empty():
    with Connection(BROKER) as connection:
        for queue in QUEUES:
            connection.default_channel.queue_declare(queue, durable=True, auto_delete=False)
            connection.default_channel.queue_purge(queue)


@pytest.fixture
def start(tmp_path):
    """Start a documented command; all are killed at the end."""
    _empty()
    started = []

    def start(command):
        env = os.environ | {
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(settings.DATA_DIR),
            "CELERY_BROKER_URL": BROKER,
            "SWEEP_SECONDS": "1",
            "RESEND_SECONDS": "2",
        }
        with open(tmp_path / f"log-{len(started)}", "wb") as log:
            words = [sys.executable, "-m", "celery", *shlex.split(command)]
            started.append(subprocess.Popen(words, stdout=log, stderr=log, env=env, cwd=settings.BASE_DIR))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    _empty()


@pytest.mark.parametrize("commands", [documented, unnamed])
def test_both_workers_serve_their_queues_on_one_machine(commands, start):
    dataset = DatasetFactory()
    for number in range(2):
        ReferenceFactory(document=DocumentFactory(dataset=dataset, external_id=f"m{number}"))
    assert len(commands()) == 2
    processes = [start(command) for command in commands()]
    served = {"generation", "metrics", "default"}
    wait_until(lambda: {q for w in Worker.objects.all() for q in w.queues} >= served, what="both workers")
    run = lifecycle.start_run(SystemFactory(adapter="scripted", engine={"default": "A summary."}), dataset)
    wait_until(lambda: Run.objects.get(pk=run.pk).status == Run.Status.DONE, what="run done")
    wait_until(lambda: Score.objects.filter(name="rouge1", value__isnull=False).count() == 2, what="scores")
    assert [process.poll() for process in processes] == [None, None]
