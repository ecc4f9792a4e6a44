"""Let the whole site run for an hour under a steady load, and tell whether the memory of its processes stays flat.

Memory is the proportional set size (PSS): what processes share counts once, a part with each of them.
"""

import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.annotate import FURTHER, PASSWORD
from benchmarks.parts.browser import TOKEN, AnswerError, Browser
from benchmarks.parts.site import serving
from benchmarks.scale.mixed import BESIDE

EVERY_SECONDS = 60
# Of all minutes, what counts as the beginning, when processes still load what they need, and as the end.
SETTLED_AFTER, LAST = 1 / 3, 2 / 3
# What a process is, by a word of its command line.
ROLES = {"gunicorn": "web", "generation": "worker of generation", "metrics": "worker of metrics and boards"}


@dataclass(frozen=True)
class Load:
    """What is done to the site.

    Attributes:
        server: Its address.
        pause: Seconds between an annotator's vote and the next pair.
        every: Seconds between two openings of all heavy pages.
    """

    server: str
    pause: float
    every: float


@dataclass
class Hour:
    """What was seen, in megabytes of PSS.

    Attributes:
        roles: Of each role, the memory of its processes together, a number a minute.
        votes: How many votes were acknowledged.
        opened: How many heavy pages and exports were answered.
        errors: Other answers than were expected.
    """

    roles: dict[str, list[float]] = field(default_factory=dict)
    votes: int = 0
    opened: int = 0
    errors: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, float, float, float, float, float]]:
        """Yield each role, its first and highest memory, the means of the second and the last third, and the growth."""
        for role, seen in self.roles.items():
            second = seen[round(len(seen) * SETTLED_AFTER) : round(len(seen) * LAST)]
            last = seen[round(len(seen) * LAST) :]
            before, after = (sum(part) / max(len(part), 1) for part in (second, last))
            yield role, seen[0], max(seen), before, after, after - before


def measure(names: Sequence[str], invitation: str, port: int, minutes: float, *, pause: float, every: float) -> Hour:
    """Serve the site with its workers, let people rate and read, and note the memory once a minute."""
    from django.db import connections

    connections.close_all()
    os.environ["PORT"] = str(port)
    seen = Hour()
    command = [sys.executable, "manage.py", "serve", "--host", "127.0.0.1"]
    with (
        serving(command, f"127.0.0.1:{port}") as server,
        _busy(Load(server, pause, every), names, invitation, seen),
    ):
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            time.sleep(min(EVERY_SECONDS, max(ends - time.monotonic(), 0)))
            _note(seen)
    return seen


def _note(seen: Hour) -> None:
    now: dict[str, float] = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            role = _role(process.cmdline())
            now[role] = now.get(role, 0) + process.memory_full_info().pss / 1e6
    now["all"] = sum(now.values())
    for role, megabytes in now.items():
        seen.roles.setdefault(role, []).append(megabytes)
    print("  " + ", ".join(f"{role} {megabytes:.0f} MB" for role, megabytes in now.items()), flush=True)


def _role(command: Sequence[str]) -> str:
    said = " ".join(command)
    return next((role for word, role in ROLES.items() if word in said), "launcher")


@contextmanager
def _busy(load: Load, names: Sequence[str], invitation: str, seen: Hour) -> Iterator[None]:
    """Let annotators rate at their pace, and researchers open heavy pages now and then, until the block ends."""
    ended = threading.Event()
    threads = [threading.Thread(target=_rate, args=(load, name, invitation, seen, ended)) for name in names]
    threads += [threading.Thread(target=_read, args=(load, number, seen, ended)) for number in range(len(BESIDE))]
    with ExitStack() as stack:
        for thread in threads:
            stack.callback(thread.join)
            thread.start()
        stack.callback(ended.set)
        yield


def _rate(load: Load, name: str, invitation: str, seen: Hour, ended: threading.Event) -> None:
    browser = Browser(load.server)
    browser.log_in(name, PASSWORD)
    page = browser.join(invitation)
    while not ended.wait(load.pause):
        try:
            shown = TOKEN.search(browser.get(page, FURTHER))
            vote = {"token": shown and shown[1], "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
            browser.post(f"{page}vote", vote, accept="application/json")
            seen.votes += 1
        except (AnswerError, OSError) as error:
            seen.errors.append(repr(error)[:200])


def _read(load: Load, number: int, seen: Hour, ended: threading.Event) -> None:
    browser = Browser(load.server)
    browser.log_in(f"reader-{number}", PASSWORD)
    while not ended.is_set():
        try:
            browser.get(BESIDE[number])
            seen.opened += 1
        except (AnswerError, OSError) as error:
            seen.errors.append(repr(error)[:200])
        ended.wait(load.every)
