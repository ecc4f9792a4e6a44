"""Spans of work, by which somebody follows a vote or a summary through all processes.

Nothing is measured, and nothing is loaded for it, until the site installs a tracer (evalsite/operations/traces.py).
Spans have names of ours and ids as attributes: no text, no name of anybody.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Ids = Mapping[str, int | str]


class Tracer(Protocol):
    def span(self, name: str, ids: Ids) -> AbstractContextManager[object]:
        """Measure the block as a part of the span around it."""
        ...

    def carried(self) -> dict[str, str]:
        """Return the headers that let another process go on with the trace; none outside any span."""
        ...


_tracer: Tracer | None = None


def install(tracer: Tracer | None) -> None:
    global _tracer
    _tracer = tracer


def installed() -> Tracer | None:
    return _tracer


def span(name: str, **ids: int | str) -> AbstractContextManager[object]:
    """Measure the block."""
    return nullcontext() if _tracer is None else _tracer.span(name, ids)


def carried() -> dict[str, str]:
    """Return what a message takes along, so that the work it asks for is in the trace of who asked."""
    return {} if _tracer is None else _tracer.carried()
