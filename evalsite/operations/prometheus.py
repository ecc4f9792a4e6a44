"""The state of the installation as metrics, in the text format that Prometheus reads.

Names follow Prometheus's rules: the unit at the end, _total for what only grows. None holds a text of a user, but for
the short names of systems and studies.
"""

import time
from collections.abc import Iterator
from functools import cache
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from evalsite.operations import requests
from evalsite.operations.reasons import kinds_of
from evalsite.operations.state import SiteState, site_state

# The database is asked no oftener, however many programs ask.
KEPT_SECONDS = 5.0


def gauge(name: str, text: str, labels: tuple[str, ...], rows: Iterator[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(f"punchweight_{name}", text, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def one(name: str, text: str, number: float) -> Metric:
    return gauge(name, text, (), iter([((), number)]))


class StateCollector(Collector):
    """Turns the state into metrics."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: SiteState | None = None
        self._until = 0.0

    def describe(self) -> list[Metric]:
        """Say nothing before it is asked, so that a registry can be made without a database."""
        return []

    def collect(self) -> Iterator[Metric]:
        state = self._kept()
        yield gauge(
            "up", "Whether this part of the site works.", ("part",),
            (((name,), float(not problem)) for name, problem in state.checks.items()),
        )  # fmt: skip
        yield from _work(state)
        yield from _runs(state)
        yield from _rating(state)
        yield one("disk_free_bytes", "Free space of the data folder's disk.", state.disk_free)
        yield one("disk_size_bytes", "Size of the data folder's disk.", state.disk_total)

    def _kept(self) -> SiteState:
        with self._lock:
            if self._state is None or time.monotonic() >= self._until:
                self._state = site_state()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._state


def _work(state: SiteState) -> Iterator[Metric]:
    yield gauge(
        "workers", "Live workers that take messages from a queue.", ("queue",),
        (((queue,), number) for queue, number in state.workers_of_queues.items()),
    )  # fmt: skip
    yield gauge(
        "jobs", "Rows of background work that wait, are held by a worker, or have failed.", ("kind", "queue", "status"),
        (
            ((work.kind, work.queue, status), number)
            for work in state.work
            for status, number in (("waiting", work.waiting), ("running", work.running), ("failed", work.failed))
        ),
    )  # fmt: skip
    yield gauge(
        "jobs_lapsed", "Rows that are held although their lease has ended.", ("kind", "queue"),
        (((work.kind, work.queue), work.lapsed) for work in state.work),
    )  # fmt: skip
    yield gauge(
        "oldest_waiting_seconds", "How long the oldest row that waits has waited.", ("kind", "queue"),
        (
            ((work.kind, work.queue), (state.at - work.waiting_since).total_seconds())
            for work in state.work
            if work.waiting_since
        ),
    )  # fmt: skip
    yield gauge(
        "failures", "Failed rows of background work, by the kind of their reason.", ("kind", "reason"),
        (
            ((work.kind, reason), number)
            for work in state.work
            for reason, number in kinds_of(work.failures.items()).items()
        ),
    )  # fmt: skip


def _runs(state: SiteState) -> Iterator[Metric]:
    statuses = ("pending", "running", "done", "failed")
    yield gauge(
        "run_summaries", "Summaries of an open run; their rate is its speed.", ("run", "system", "status"),
        (
            ((str(row.run.pk), row.run.system.slug, status), getattr(row.progress, status))
            for row in state.runs
            for status in statuses
        ),
    )  # fmt: skip


def _rating(state: SiteState) -> Iterator[Metric]:
    answers = CounterMetricFamily("punchweight_answers", "Answers of annotators, with those that were changed.")
    answers.add_metric((), state.answers)
    yield answers
    yield one("assignments_open", "Pairs that annotators have before them.", state.being_rated)
    yield one("assignments_lapsed", "Pairs whose annotators have not answered in time.", state.lapsed)
    yield gauge(
        "board_age_seconds", "Since when the newest board of an open study is what was stored.", ("study",),
        (((slug,), (state.at - as_of).total_seconds()) for slug, as_of in state.boards.items()),
    )  # fmt: skip


@cache
def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(StateCollector())
    return registry


def exposition() -> bytes:
    """Return all metrics: the state, and the times of requests of all web processes of this machine."""
    return generate_latest(_registry()) + requests.exposition()
