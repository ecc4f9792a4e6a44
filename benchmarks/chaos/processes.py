"""The site's own processes, started anew whenever one has ended, as systemd or Kubernetes do."""

import os
import random
import shutil
import signal
import struct
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.parts.site import ROOT

WORKERS = {"generation-1": ("generation",), "generation-2": ("generation",), "metrics-1": ("metrics", "default")}
WEB = "web"
ALL_OF_THEM = 0.1


class Clock:
    """The clock that the site's processes see; monotonic time goes on as it is, as on a machine whose clock is set."""

    def __init__(self, folder: Path) -> None:
        self._file, self._library = folder / "clock", folder / "clock.so"
        compiler = shutil.which("cc")
        source = Path(__file__).with_name("clock.c")
        if compiler:
            subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", self._library, source, "-ldl"], check=True)
        self.can_jump = compiler is not None
        self._file.write_bytes(bytes(8))

    def set(self, seconds: int) -> None:
        """Put the clock so far ahead; in place, because the processes have the file mapped."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("q", seconds))

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(self._file)} if self.can_jump else {}


@dataclass
class Site:
    """Web processes and workers; a thread starts again what has ended.

    Attributes:
        port: Of the web server.
        logs: The folder of a log for each.
        clock: The clock that they see.
        started: How often each was started.
    """

    port: int
    logs: Path
    clock: Clock
    started: Counter[str] = field(default_factory=Counter)
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Site":
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        for name in (WEB, *WORKERS):
            self._start(name)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _command(self, name: str) -> list[str]:
        from evalsite.launcher import web_command
        from jobs.workers.processes import worker_command

        return web_command("127.0.0.1", self.port) if name == WEB else worker_command(*WORKERS[name])

    def _start(self, name: str) -> None:
        # A disk that is full takes no log either; a process is started all the same.
        with (self.logs / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                self._command(name),
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=os.environ | self.clock.environment(),
                start_new_session=True,
            )
        self.started[name] += 1

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    self._start(name)

    def kill_worker(self, rng: random.Random) -> str:
        name = rng.choice(list(WORKERS))
        return name if _kill(self._running[name].pid) else ""

    def kill_web(self, rng: random.Random) -> str:
        """Kill one web process, or, one time in ten, what starts them and all of them."""
        master = self._running[WEB].pid
        children = _children(master)
        if not children:
            return ""
        if rng.random() >= ALL_OF_THEM:
            return "web" if _kill(rng.choice(children)) else ""
        with suppress(ProcessLookupError):
            os.killpg(master, signal.SIGKILL)
        return "all web processes"


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def wait_for(condition: object, seconds: float, every: float = 0.5) -> bool:
    """Ask until it is so; False if that takes too long. A database that is gone is asked again."""
    from django.db import DatabaseError, connections

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():  # type: ignore[operator]
                return True
        except DatabaseError:
            connections.close_all()
        time.sleep(every)
    return False
