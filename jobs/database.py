"""Live through a restart of the database: reconnect, and wait until it answers."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from jobs.leases import lease_time
from jobs.workers.draining import worker_is_ending

logger = logging.getLogger(__name__)

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


def connection_is_lost(error: BaseException) -> bool:
    """Tell whether this error means that the server is gone, and not that it refused a statement."""
    if not isinstance(error, OperationalError | InterfaceError) or connection.vendor == "sqlite":
        return False
    return connection.connection is None or not connection.is_usable()


def until_answered(do: Callable[[], T]) -> T:
    """Call do, and call it again on a new connection for as long as a lease lasts while the database is gone.

    Twice must do no more than once: the first call may have been committed although its answer was lost.
    """
    end, pause = time.monotonic() + lease_time().total_seconds(), FIRST_PAUSE
    while True:
        try:
            return do()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or not connection_is_lost(error):
                raise
            connection.close()
            if worker_is_ending() or time.monotonic() > end:
                raise
            logger.warning("the database does not answer; trying again: %s", error)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
