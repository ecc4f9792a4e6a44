"""What the sweeper walks: the apps' kinds of background work, registered in AppConfig.ready."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from jobs.models import LeasedJob


class Swept(NamedTuple):
    """How many rows were taken from workers that have ended, and how many were announced again."""

    freed: int = 0
    announced: int = 0


class Sweep(Protocol):
    """One app's part of a sweep. starting: a worker starts, so whatever waits is announced."""

    def __call__(self, *, starting: bool = False) -> Swept | None: ...


_jobs: list[type[LeasedJob]] = []
_sweeps: dict[str, Sweep] = {}


def register_job(model: type[LeasedJob]) -> None:
    """Have jobs of this model freed, given up and announced again by every sweep."""
    if model not in _jobs:
        _jobs.append(model)


def register_sweep(name: str, sweep: Sweep) -> None:
    """Have this called by every sweep, for work that is not one row and one message; name: for the log."""
    _sweeps[name] = sweep


def registered_jobs() -> tuple[type[LeasedJob], ...]:
    return tuple(_jobs)


def registered_sweeps() -> Iterator[tuple[str, Sweep]]:
    yield from _sweeps.items()
