"""Real worker processes against the test's own database and broker."""

import os
import subprocess
import time
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from evalsite import celery_app
from jobs.workers.processes import worker_command


def database_url():
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgres://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"


def start(*queues, log, include="", **environment):
    env = os.environ | {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR)} | environment
    with open(log, "ab") as output:
        return subprocess.Popen(
            [*worker_command(*queues), *(["--include", include] if include else [])],
            stdout=output,
            stderr=output,
            env=env,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )


@contextmanager
def worker(*queues, log, include="", **environment):
    process = start(*queues, log=log, include=include, **environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition, *, seconds=90, what=""):
    """Polls; a bound on a hang, not a measure of speed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what or condition}")


def empty_broker():
    """Throw away every message: what a wiped broker looks like."""
    from evalsite.celery import prepare_broker

    prepare_broker()
    if settings.EMBEDDED_BROKER:
        for message in (settings.BROKER_DIR / "queue").glob("*.msg"):
            message.unlink(missing_ok=True)
        return
    with celery_app.connection_for_read() as connection_:
        for queue in ("generation", "metrics", "default"):
            # On RabbitMQ a queue that no worker has declared cannot be emptied.
            connection_.default_channel.queue_declare(queue, durable=True, auto_delete=False)
            connection_.default_channel.queue_purge(queue)
