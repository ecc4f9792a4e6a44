"""The embedded broker: kombu's file-system transport, made safe for several processes at once.

Kombu writes a message under its final name, so that a reader may take half of it, and two processes that bind queues at
once may lose a binding. Here messages appear by rename, and bindings are made before anyone needs them.
"""

import fcntl
import json
import uuid
from pathlib import Path
from time import time_ns
from typing import Any

from django.conf import settings
from kombu import Connection, Exchange, Queue
from kombu.transport import filesystem

QUEUES = ("generation", "metrics", "default")


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Names that begin with the time keep the order of messages across processes and restarts.
        name = f"{time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.part"
        try:
            unfinished.write_text(json.dumps(payload))
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel


def prepare() -> None:
    """Create the broker's folders and queue bindings, unless they exist."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for folder in options.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    with open(settings.BROKER_DIR / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as connection:
            for name in QUEUES:
                Queue(name, Exchange(name), routing_key=name)(connection.default_channel).declare()
