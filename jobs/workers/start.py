"""Start a worker: `python -m jobs.workers.start evalsite generation`.

It does what `celery --skip-checks -A evalsite worker` does, without loading Celery's other commands, which is a sixth
of the time of a start.
"""

import os
import sys
from importlib import import_module

from celery import Celery


def work(app: Celery, queues: str, *included: str) -> int:
    """Work with one slot, so that weights are loaded once and kept, until the process is told to end.

    Args:
        queues: Their names, with commas between them.
        included: Modules that are loaded, too.

    Returns:
        The status of the process.
    """
    # Django's checks load all pages of the site, which a worker never shows; each manage.py command has made them.
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    without = {f"without_{what}": True for what in ("gossip", "mingle", "heartbeat")}
    worker = app.Worker(queues=queues, include=list(included), pool_cls="solo", loglevel="INFO", **without)
    worker.start()
    return worker.exitcode or 0


if __name__ == "__main__":
    site, *given = sys.argv[1:]
    sys.exit(work(import_module(site).celery_app, *given))
