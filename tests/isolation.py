"""Given to pytest as a plugin (-p tests.isolation): every process of a parallel run has its own data folder and broker.

Loaded before the settings are, which read both from the environment. pytest-django gives each its own database.
"""

import os
from pathlib import Path


def isolate(worker: str) -> None:
    """worker: the name of a process of the parallel run, such as "gw1"."""
    number = int(worker.removeprefix("gw"))
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if broker.startswith("redis://"):
        server, _, database = broker.rpartition("/")
        os.environ["CELERY_BROKER_URL"] = f"{server}/{int(database) - number}"


if name := os.environ.get("PYTEST_XDIST_WORKER"):
    isolate(name)
