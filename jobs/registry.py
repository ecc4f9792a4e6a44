"""The registry of background work, which the apps fill in AppConfig.ready and the sweeper goes through."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from jobs.models import LeasedJob


class Swept(NamedTuple):
    """The result of a sweep.

    Attributes:
        freed: Rows that were taken from workers that have ended.
        announced: Rows that were announced again.
    """

    freed: int = 0
    announced: int = 0


class Sweep(Protocol):
    """One app's part of a sweep; starting means that a worker starts, and then everything that waits is announced."""

    def __call__(self, *, starting: bool = False) -> Swept | None: ...


_jobs: list[type[LeasedJob]] = []
_sweeps: dict[str, Sweep] = {}


def register_job(model: type[LeasedJob]) -> None:
    """Let every sweep free, fail and announce again the jobs of this model."""
    if model not in _jobs:
        _jobs.append(model)


def register_sweep(name: str, sweep: Sweep) -> None:
    """Let every sweep call this, for work that is not one row and one message; the name is for the log."""
    _sweeps[name] = sweep


def registered_jobs() -> tuple[type[LeasedJob], ...]:
    return tuple(_jobs)


def registered_sweeps() -> Iterator[tuple[str, Sweep]]:
    yield from _sweeps.items()
