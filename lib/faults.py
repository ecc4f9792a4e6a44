"""Faults of the machine, told from their exceptions, in words that say what to do."""

import errno
import sqlite3

from lib.storage.bucket import StorageGoneError

FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
FULL_SQLSTATE = "53100"


def disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind this error: of a file, of SQLite, or of PostgreSQL's server."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL_ERRNOS:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == FULL_SQLSTATE:
            return True
        error = error.__cause__
    return False


def storage_is_gone(error: BaseException | None) -> bool:
    """Whether object storage that does not answer is behind this error."""
    while error is not None:
        if isinstance(error, StorageGoneError):
            return True
        error = error.__cause__
    return False


def explained(error: Exception) -> str:
    """The error's own words, and for a full disk what to do."""
    if disk_is_full(error):
        return (
            f"The disk is full ({_first_line(error)}). Free some space: what waits goes on by itself, what has failed "
            "with “Retry failed”."
        )
    return f"{type(error).__name__}: {error}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
