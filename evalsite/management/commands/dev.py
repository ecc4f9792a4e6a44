"""`make dev`: run what `manage.py serve` runs, in processes that restart when a source file changes."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import autoreload

from evalsite import launcher
from evalsite.broker import QUEUES
from evalsite.celery import app
from evalsite.management.commands import serve
from jobs.workers.start import work

NEEDS_DEBUG = (
    "DEBUG is off, and this command is for developers: it serves from one process, and pages of errors show settings "
    "and code. Start it with make dev, or set DEBUG=1. To let others use the site, use make run."
)


class Command(serve.Command):
    help = "Run the site for developers: one web process and one worker reload changed code and log to the terminal."
    started_by = "make dev"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--worker", action="store_true", help="run the reloading worker alone")

    def handle(self, *args: Any, host: str, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(NEEDS_DEBUG)
        if options["worker"]:
            run_worker()
        else:
            super().handle(*args, host=host, **options)

    def logs(self) -> Path | None:
        """Return None: processes write to the terminal."""
        return None

    def start_web(self, children: launcher.Children, host: str) -> Callable[[], None]:
        return lambda: children.start("web", [sys.executable, "manage.py", "runserver", f"{host}:{settings.PORT}"])

    def start_workers(self, children: launcher.Children) -> None:
        children.start("worker", [sys.executable, "manage.py", "dev", "--worker"])


def run_worker() -> None:
    """Run a worker for every queue. The next sweep frees a job that a reload interrupts, as after a kill."""
    autoreload.run_with_reloader(work, app, ",".join(QUEUES))
