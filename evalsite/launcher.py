"""Run web server and workers as child processes that live and end with the launcher."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connections

from evalsite.waiting import WAITS_FOR
from jobs.workers.processes import drain_seconds, end_with_parent, stop_process, worker_command
from lib.machine.cores import cores

RESTART_PAUSE_SECONDS = 3.0
# Each takes some 150 MB.
MOST_WEB_PROCESSES = 8
# On a machine that has other work too, a worker keeps its models for this long after its last task.
IDLE_SECONDS = 60.0


class StartError(RuntimeError):
    """The site cannot start; the message says what to do."""


def check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        # Like the web server, treat a port whose last connections are still closing as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Port {port} on {host} is in use. Stop the program that uses it, or choose another port: "
                f"make run PORT={port + 1}"
            ) from error


def lock_data_dir() -> IO[str]:
    """Lock the data folder until the process ends: one site per folder."""
    lock = open(settings.DATA_DIR / "serve.lock", "w")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StartError(
            f"A site already runs on the data folder {settings.DATA_DIR}. Stop it, or start this one with another: "
            "make run DATA_DIR=var2 PORT=8001"
        ) from error
    return lock


class Aside:
    """Something that a child process does, whose memory goes with it: the launcher lives as long as the site."""

    def __init__(self, work: Callable[..., object], *arguments: object) -> None:
        """Begin it. A connection to the database belongs to one process, so none is open then."""
        connections.close_all()
        self._child = get_context("fork").Process(target=_alone, args=(work, *arguments), daemon=True)
        self._child.start()

    def wait(self) -> None:
        """Wait until it is done.

        Raises:
            StartError: It failed; the child has printed why.
        """
        try:
            self._child.join()
        finally:
            if self._child.is_alive():
                self._child.terminate()
                self._child.join()
        if self._child.exitcode:
            raise StartError("The site could not be prepared; the reason stands above.")


def _alone(work: Callable[..., object], *arguments: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    end_with_parent()
    work(*arguments)


def web_command(host: str, port: int) -> list[str]:
    processes = str(web_processes())
    options = ["--bind", f"{host}:{port}", "--workers", processes, "--threads", "4", "--timeout", "60"]
    # Loaded once, before the processes part, which then share what was loaded.
    return [sys.executable, "-m", "gunicorn", "evalsite.wsgi", *options, "--preload", "--no-control-socket"]


def web_processes() -> int:
    """Return WEB_CONCURRENCY, gunicorn's own variable, or the number of cores, but at least two.

    With two, a process that computes a slow page does not hold up everybody who rates.

    Raises:
        StartError: WEB_CONCURRENCY is not a number.
    """
    asked = os.environ.get("WEB_CONCURRENCY")
    if asked is None:
        return min(max(cores(), 2), MOST_WEB_PROCESSES)
    if not asked.isdecimal() or int(asked) < 1:
        raise StartError(f"WEB_CONCURRENCY is {asked!r}; expected how many web processes to start, 1 or more.")
    return int(asked)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes]"
    started: float


@dataclass
class Children:
    """Child processes that are restarted when they end by themselves, and stopped together.

    Attributes:
        logs: The folder of a log file for each process; None lets them write to the launcher's own output.
        children: The processes.
    """

    logs: Path | None
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str]) -> None:
        self.children.append(Child(name, command, self._spawn(name, command), time.monotonic()))

    def start_web(self, host: str, port: int) -> Callable[[], None]:
        """Let the web server load while tables and files are made; return what lets it go on (evalsite/waiting.py)."""
        waited_for, held = os.pipe()
        command = web_command(host, port)
        process = self._spawn("web", command, waited_for)
        os.close(waited_for)
        self.children.append(Child("web", command, process, time.monotonic()))
        return partial(os.close, held)

    def start_workers(self) -> None:
        # Two processes, so that metrics are computed while generation is busy, and each loads only its own weights.
        self.start("generation", worker_command("generation"))
        self.start("metrics", worker_command("metrics", "default"))

    def _spawn(self, name: str, command: Sequence[str], waits_for: int | None = None) -> "subprocess.Popen[bytes]":
        with self._log(name) as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=settings.BASE_DIR,
                env=os.environ | self._environment() | ({WAITS_FOR: str(waits_for)} if waits_for else {}),
                pass_fds=(waits_for,) if waits_for else (),
                start_new_session=True,
                preexec_fn=partial(end_with_parent, signal.SIGTERM),
            )

    def _environment(self) -> dict[str, str]:
        return {
            "DATA_DIR": str(settings.DATA_DIR),
            "PORT": str(settings.PORT),
            "DRAIN_SECONDS": str(drain_seconds()),
            "WORKER_IDLE_SECONDS": os.environ.get("WORKER_IDLE_SECONDS", str(IDLE_SECONDS)),
        }

    def _log(self, name: str) -> AbstractContextManager[IO[bytes] | None]:
        if self.logs is None:
            return nullcontext()
        self.logs.mkdir(parents=True, exist_ok=True)
        return (self.logs / f"{name}.log").open("ab")

    def restart_ended(self) -> list[str]:
        """Restart children that ended by themselves, a while after their start; returns messages for the terminal."""
        restarted = []
        for child in self.children:
            status = child.process.poll()
            if status is None or time.monotonic() - child.started < RESTART_PAUSE_SECONDS:
                continue
            log = f" (log: {self.logs / child.name}.log)" if self.logs else ""
            restarted.append(f"{child.name} ended with status {status} and is started again{log}")
            child.process, child.started = self._spawn(child.name, child.command), time.monotonic()
        return restarted

    def stop(self) -> None:
        for child in self.children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in self.children:
            stop_process(child.process)
