"""Measure how long each view takes, in all web processes of a machine together.

Each process counts in a file of its own below the data folder; a process that answers a scrape adds them up. Files of
processes that have ended still count, so that sums never fall; gunicorn.conf.py starts with none.
"""

import os
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
NAME = "punchweight_request_seconds"
NO_VIEW = "none"


def folder() -> Path:
    """Return where the processes of this machine count; machines may share a data folder."""
    return Path(settings.DATA_DIR) / "metrics" / socket.gethostname()


class RequestTimes:
    """Middleware, where METRICS_TOKEN is set: observes the time of each request, by view, method and status class.

    The time of a streamed answer ends with its first byte.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self._get_response = get_response
        self._times = _histogram()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        view = (match.view_name or NO_VIEW) if match else NO_VIEW
        status = f"{response.status_code // 100}xx"
        self._times.labels(view, _method(request), status).observe(time.perf_counter() - start)
        return response


def _method(request: HttpRequest) -> str:
    return request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"


@cache
def _histogram():  # type: ignore[no-untyped-def]  # prometheus_client looks at its folder when it is first loaded
    path = folder()
    path.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(path))
    from prometheus_client import Histogram

    return Histogram(NAME, "Time of requests, by view.", ("view", "method", "status"), buckets=BUCKETS)


def exposition() -> bytes:
    """Return the times of all processes of this machine, as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    _histogram()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder()))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@dataclass(frozen=True)
class SlowView:
    """The requests of a view.

    Attributes:
        view: Its name.
        requests: How many there were since the web processes started.
        mean: Mean time in seconds.
        most: The lowest bucket of BUCKETS that 95 % of the requests stayed below; None: above all of them.
    """

    view: str
    requests: int
    mean: float
    most: float | None


@dataclass
class _Counted:
    seconds: float = 0.0
    requests: float = 0.0
    below: Counter[float] = field(default_factory=Counter)

    def add(self, part: str, edge: str, value: float) -> None:
        if part == "sum":
            self.seconds += value
        elif part == "count":
            self.requests += value
        elif part == "bucket":
            self.below[float(edge)] += value  # type: ignore[assignment]  # numbers of requests, as floats

    def most(self) -> float | None:
        reached = min(edge for edge, number in self.below.items() if number >= 0.95 * self.requests)
        return None if reached == float("inf") else reached


def slow_views(shown: int) -> list[SlowView]:
    """Return the views with the longest times at 95 % of their requests, slowest first."""
    from prometheus_client.parser import text_string_to_metric_families

    views: dict[str, _Counted] = defaultdict(_Counted)
    for family in text_string_to_metric_families(exposition().decode()):
        for sample in family.samples:
            part = sample.name.removeprefix(f"{NAME}_")
            views[sample.labels["view"]].add(part, sample.labels.get("le", ""), sample.value)
    rows = [
        SlowView(view, int(counted.requests), counted.seconds / counted.requests, counted.most())
        for view, counted in views.items()
    ]
    return sorted(rows, key=lambda row: (row.most is not None, -(row.most or 0), -row.mean))[:shown]
