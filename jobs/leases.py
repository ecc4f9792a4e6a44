"""Keep claimed rows during slow work."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


def lease_time() -> timedelta:
    return timedelta(seconds=settings.SUMMARY_LEASE_SECONDS)


class KeepLease:
    """Calls renew in its own thread until the block ends, three times per lease, or every `every` seconds."""

    def __init__(self, renew: Callable[[], object], *, every: float | None = None) -> None:
        self._renew = renew
        self._every = every or settings.SUMMARY_LEASE_SECONDS / 3
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> "KeepLease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._every):
                try:
                    self._renew()
                except DatabaseError:
                    # The next renewal makes up for a missed one; a lost lease is detected when the work is saved.
                    logger.warning("could not renew a lease", exc_info=True)
                    connection.close_if_unusable_or_obsolete()
        finally:
            connection.close()
