"""Log lines as JSON, each with the ids of the request or the task in which it was written."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

Ids = Mapping[str, str | int]
NO_IDS: Ids = MappingProxyType({})
_ids: ContextVar[Ids] = ContextVar("ids", default=NO_IDS)


def set_ids(ids: Ids) -> None:
    """Give every line that this thread logs from now on these ids, and no others."""
    _ids.set(ids)


def current_ids() -> Ids:
    """Return the ids that a line would get here."""
    return _ids.get()


@contextmanager
def ids_in_logs(**ids: str | int) -> Iterator[None]:
    """Give every line that is logged in the block, by this thread, these ids beside those of the blocks around it."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


class JsonLines(logging.Formatter):
    """Writes one object a line: time (UTC), level, logger, message, the ids, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_ids.get(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
