"""Remembers that a search through everything found no work, so that sweeps of a large site need not search again.

For work that consists of missing rows (the package's docstring): to see that none is missing is to look at all.
"""

import time
from collections.abc import Callable, Hashable
from typing import ClassVar


class NothingLeft:
    """One process's memory of a search for work that found none.

    It is asked again when what the work depends on has changed, and after some minutes in any case: a transaction that
    commits late can add rows that no number tells of. Who adds work announces it, so only lost messages wait for that.
    """

    AGAIN_AFTER_SECONDS = 600.0
    _every: ClassVar[list["NothingLeft"]] = []

    def __init__(self) -> None:
        self._stamp: Hashable = None
        self._until = 0.0
        self._every.append(self)

    @classmethod
    def forget(cls) -> None:
        """Let every search of this process be done again, for whoever wants to know now."""
        for memory in cls._every:
            memory._until = 0.0

    def holds(self, stamp: Hashable, some_work: Callable[[], bool]) -> bool:
        """Say whether no work is left; stamp changes whenever there may be more, some_work searches for it."""
        if stamp == self._stamp and time.monotonic() < self._until:
            return True
        if some_work():
            self._until = 0.0
            return False
        self._stamp, self._until = stamp, time.monotonic() + self.AGAIN_AFTER_SECONDS
        return True
