"""Let people rate in the huge study, alone and while others open heavy pages and exports; time *next* and *save*."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.annotate import percentile
from benchmarks.parts.browser import AnswerError, Browser
from benchmarks.parts.rating import PASSWORD, Timed, Way, loop
from benchmarks.parts.site import serving
from benchmarks.scale.fill import HUGE

# A streamed export and heavy pages, each opened by a researcher of its own.
BESIDE = (
    f"/boards/{HUGE}/ratings.csv",
    f"/boards/{HUGE}/",
    f"/boards/{HUGE}/figures/",
    f"/boards/{HUGE}/trust/",
    f"/studies/{HUGE}/quality/",
)
BUSY = "429"


@dataclass(frozen=True)
class Mixed:
    """Times in milliseconds.

    Attributes:
        beside: Heavy requests answered meanwhile, and those that were told to come back (429).
        megabytes: Memory of each web process afterwards.
    """

    votes: int
    votes_per_s: float
    next_p50: float
    next_p95: float
    save_p50: float
    save_p95: float
    errors: list[str]
    beside: tuple[int, int]
    megabytes: list[int]


def prepare(people: int) -> tuple[str, list[str]]:
    """Create annotators and researchers, where no earlier part has; return the invitation and the annotators' names.

    They join by themselves.
    """
    from django.contrib.auth.models import User

    from accounts.roles import give_role
    from annotations.models import Membership, Study
    from annotations.people.links import invitation_path

    study = Study.objects.get(slug=HUGE)
    names = [f"rater-{n}" for n in range(people)]
    readers = [f"reader-{n}" for n in range(len(BESIDE))]
    there = set(User.objects.filter(username__in=[*names, *readers]).values_list("username", flat=True))
    for name in (name for name in names if name not in there):
        User.objects.create_user(name, password=PASSWORD)
    for name in (name for name in readers if name not in there):
        user = User.objects.create_user(name, password=PASSWORD)
        give_role(user, "administrator")
        Membership.objects.create(study=study, user=user, role="owner")
    return invitation_path(study), names


def measure(names: Sequence[str], invitation: str, votes: int, port: int, *, beside: bool, think: float) -> Mixed:
    """Let everybody rate; think: the seconds that they look at a pair, on average."""
    from django.db import connections

    from evalsite.launcher import web_command

    connections.close_all()
    with (
        serving([*web_command("127.0.0.1", port), "--log-level", "error"], f"127.0.0.1:{port}") as server,
        ExitStack() as stack,
    ):
        answered = stack.enter_context(_reading(server)) if beside else [0, 0]
        timed, elapsed = loop(server, names, invitation, votes, way=Way(think=think))
        return _summary(timed, elapsed, (answered[0], answered[1]))


def _summary(timed: Sequence[Timed], elapsed: float, beside: tuple[int, int]) -> Mixed:
    asked = [seconds for person in timed for seconds in person.next]
    saved = [seconds for person in timed for seconds in person.save]
    errors = [error for person in timed for error in person.errors]
    times = (percentile(values, share) for values in (asked, saved) for share in (0.5, 0.95))
    return Mixed(len(saved), round(len(saved) / elapsed, 1), *times, errors, beside, _memory())


def _memory() -> list[int]:
    processes = [
        child for child in psutil.Process().children(recursive=True) if "gunicorn" in " ".join(child.cmdline())
    ]
    return sorted(round(process.memory_info().rss / 1e6) for process in processes)


@contextmanager
def _reading(server: str) -> Iterator[list[int]]:
    """Open the heavy addresses over and over, each by a researcher of its own, until the block ends."""
    ended, answered = threading.Event(), [0, 0]
    threads = [threading.Thread(target=_reader, args=(server, n, ended, answered)) for n in range(len(BESIDE))]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _reader(server: str, number: int, ended: threading.Event, answered: list[int]) -> None:
    browser: Any = Browser(server)
    browser.log_in(f"reader-{number}", PASSWORD)
    while not ended.is_set():
        try:
            browser.get(BESIDE[number])
            answered[0] += 1
        except AnswerError as error:
            answered[1] += f"answered {BUSY}" in str(error)
