"""Gives memory that nothing uses any more back to the system."""

import ctypes
from functools import cache
from typing import Any


def give_back() -> None:
    """Ask the C library to give back what is free between what is in use; nothing where it has no such request.

    By itself glibc gives back only what is free at the end of its heap, so that a small piece in use keeps all before
    it: a worker that computed boards and read texts in turns held five times what it used.
    Source: malloc_trim(3).
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
