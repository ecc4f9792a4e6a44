"""Real worker processes against the test's own database and broker."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from evalsite import celery_app
from jobs.workers.processes import worker_command

MOST_WARM = 3
# A folder without any: every run gets BERTScore, whose weights take seconds, and these tests are not about what it says.
NO_WEIGHTS = str(Path(__file__).parent)
_warm = {}


def database_url():
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgres://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"


class Warm:
    """A process that has loaded the site in one environment (tests/services/warm.py)."""

    def __init__(self, environment, modules):
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.services.warm", str(theirs.fileno()), *modules]
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, env=environment, cwd=settings.BASE_DIR, pass_fds=[theirs.fileno()]
            )
        with ours:
            self._lines = ours.makefile("rw")
        atexit.register(self.end)

    def ask(self, **request):
        self._lines.write(f"{json.dumps(request)}\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    def end(self):
        atexit.unregister(self.end)
        self._lines.close()
        self._process.wait()


class Forked:
    """A worker that a warm process has become, with what tests use of subprocess.Popen."""

    def __init__(self, warm, pid):
        self._warm, self.pid, self.returncode = warm, pid, None

    def poll(self):
        if self.returncode is None:
            self.returncode = self._warm.ask(ended=self.pid)
        return self.returncode

    def wait(self, seconds=None):
        end = time.monotonic() + (seconds or float("inf"))
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"worker {self.pid}", seconds)
            time.sleep(0.02)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


def warm(environment, modules):
    """The process for this environment: kept, because the next test mostly asks for the same."""
    key = (frozenset(environment.items()), modules)
    found = _warm.pop(key, None) or Warm(environment, modules)
    while len(_warm) >= MOST_WARM:
        _warm.pop(next(iter(_warm))).end()
    _warm[key] = found
    return found


def run(command, log, *, loaded=(), cold=False, **environment):
    """Start a command of Python that works on this test's database and broker; returns its process.

    Args:
        command: Its words, python the first one.
        log: Where it writes.
        loaded: Modules that are loaded once for all processes of the test.
        cold: Whether it loads everything by itself, as an operator's does: for what begins threads while it is loaded.
    """
    own = {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR), "BERTSCORE_MODEL": NO_WEIGHTS}
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"} | own | environment
    with open(log, "ab") as output:
        if not cold:
            loader = warm(env, tuple(loaded))
            return Forked(loader, loader.ask(command=command, log=str(log)))
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )


def start(*queues, log, include="", **options):
    """Start a worker. include: a module that it loads besides."""
    return run([*worker_command(*queues), *([include] if include else [])], log, **options)


@contextmanager
def worker(*queues, **options):
    process = start(*queues, **options)
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
