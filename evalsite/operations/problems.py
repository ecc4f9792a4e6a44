"""Say in sentences what is wrong with the installation, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext_noop as _

from evalsite.operations.state import SiteState

PARTS = {
    "database": (
        _("The database does not answer."),
        _("Start the database; web processes and workers go on by themselves."),
    ),
    "broker": (
        _("The broker does not answer."),
        _("Start the broker. Nothing is lost: a sweep announces what waits once it is back."),
    ),
    "disk": (
        _("The disk of the data folder is nearly full, or cannot be read."),
        _("Free some space on it. Until then votes and work may fail to be stored."),
    ),
}
START_WORKER = _("Start a worker of this queue; the docs have the command.")
SWEEP = _("A sweep frees it. If it comes back, a worker ends each time it works on it: its log says why.")
MIGRATE = _("Run manage.py migrate.")


@dataclass(frozen=True)
class SiteProblem:
    """What is wrong, and what to do; `sweep` if a sweep may mend it."""

    text: str
    advice: str
    sweep: bool = False


def problems_of(state: SiteState) -> list[SiteProblem]:
    """Return what an operator should look at now, worst first; nothing where all is well."""
    return [*_checks(state), *_changes_missing(), *_without_workers(state), *_lapsed(state)]


def _checks(state: SiteState) -> Iterator[SiteProblem]:
    for part, problem in state.checks.items():
        if problem:
            yield SiteProblem(*PARTS[part])


def _changes_missing() -> Iterator[SiteProblem]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield SiteProblem(f"Changes of the database's tables are missing: {missing}.", MIGRATE)


def _without_workers(state: SiteState) -> Iterator[SiteProblem]:
    workers = state.workers_of_queues
    for queue in workers:
        waiting = sum(work.waiting for work in state.work if work.queue == queue)
        if waiting and not workers[queue]:
            yield SiteProblem(f"Work waits in the queue {queue}, and no worker takes it: {waiting}.", START_WORKER)


def _lapsed(state: SiteState) -> Iterator[SiteProblem]:
    held = sum(work.lapsed for work in state.work)
    if held:
        yield SiteProblem(f"Workers hold work that they have stopped reporting on: {held}.", SWEEP, sweep=True)
