"""A plugin of every test run: a data folder that is not the installation's, and one, and a broker, for each process.

Loaded before the settings are, which read both from the environment. pytest-django gives each process its own database.
"""

import os
import tempfile
from pathlib import Path


def isolate(worker: str) -> None:
    """worker: the name of a process of the parallel run, such as "gw1"."""
    number = int(worker.removeprefix("gw"))
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if broker.startswith("redis://"):
        server, _, database = broker.rpartition("/")
        os.environ["CELERY_BROKER_URL"] = f"{server}/{int(database) - number}"


os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="punchweight-test-"))
if name := os.environ.get("PYTEST_XDIST_WORKER"):
    isolate(name)
