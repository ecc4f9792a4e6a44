"""Time what researchers open on the filled site, in this process: each page's wall clock and processor seconds.

Processor seconds are those of this process and of its connection to PostgreSQL, which may not compute in parallel
meanwhile; so other work on the machine is in no number.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.scale.fill import HUGE

STUDY = f"/studies/{HUGE}"
BOARDS = f"/boards/{HUGE}"
API = f"/api/v1/studies/{HUGE}"
# Of no study, or of all. {} is the row that `_rows` finds.
PAGES = (
    "/",
    "/studies/",
    "/datasets/",
    "/datasets/{dataset}/",
    "/documents/{document}/",
    "/documents/{document}/compare/?left={summary}",
    "/systems/",
    "/systems/{system}/",
    "/runs/",
    "/runs/{run}/",
    "/summaries/{summary}/",
    "/new-system/",
    "/fine-tuning/",
    "/import-meetings/",
    "/judges/",
    "/judges/new/",
    "/datasets/{dataset}/judges/",
    "/protocols/new/",
    "/studies/new/",
    "/releases/",
    "/public/",
    "/tokens/",
    "/operations/",
    "/accounts/",
    "/metrics",
    f"{STUDY}/",
    f"{STUDY}/settings/",
    f"{STUDY}/history/",
    f"{STUDY}/remarks/",
    f"{STUDY}/remarks.csv",
    f"{STUDY}/quality/",
    f"{STUDY}/disagreements/",
    f"{STUDY}/disagreements/?annotator=7",
    f"{STUDY}/pairs/",
    f"{STUDY}/pairs/?show=untouched",
    f"{STUDY}/pairs/?show=left",
    f"{STUDY}/pairs/?system={{system}}",
    f"{STUDY}/pairs/?page=9000",
    f"{STUDY}/pairs/{{pair}}/",
    f"{STUDY}/annotators/7/",
    f"{STUDY}/gold/",
    f"{STUDY}/gold/pairs/",
    f"{STUDY}/gold/pairs/{{free}}/",
    f"{STUDY}/people/",
    f"{STUDY}/people/?show=left",
    f"{STUDY}/people/work.csv",
    f"{STUDY}/people/invitations.csv",
    f"{STUDY}/asking/",
    f"{STUDY}/asking/people.csv",
    f"{STUDY}/judges/",
    f"{STUDY}/protocol/",
    f"{STUDY}/protocol.yaml",
    f"{STUDY}/marks/import",
    f"{STUDY}/mark-kinds/",
    f"{STUDY}/preview/",
    f"{BOARDS}/",
    f"{BOARDS}/status/",
    f"{BOARDS}/differences/",
    f"{BOARDS}/wins/",
    f"{BOARDS}/board.json",
    f"{BOARDS}/board.csv",
    f"{BOARDS}/report/",
    f"{BOARDS}/figures/",
    f"{BOARDS}/small-versus-large/",
    f"{BOARDS}/errors/",
    f"{BOARDS}/planning/",
    f"{BOARDS}/trust/",
    f"{BOARDS}/trust/votes/",
    f"{BOARDS}/combined/",
    f"{BOARDS}/exports/",
    f"{BOARDS}/releases/",
    f"{BOARDS}/sharing/",
    "/api/v1/studies",
    API,
    f"{API}/annotators",
    f"{API}/boards/overall",
    "/api/v1/datasets",
    "/api/v1/runs",
)


@dataclass(frozen=True)
class PageTime:
    """One answer; seconds. `database` is the processor time of PostgreSQL's side of the connection."""

    path: str
    status: int
    wall: float
    processor: float
    database: float
    statements: int
    kilobytes: float


def time_pages(only: str = "", repeat: int = 2) -> Iterator[PageTime]:
    """Ask for each page as a lead does; the last of several answers counts, for the first loads what it needs."""
    from django.contrib.auth.models import User
    from django.test import Client

    from accounts.roles import give_role
    from annotations.models import Membership, Study
    from api.tokens import make_token

    user, _ = User.objects.get_or_create(username="scale-lead")
    give_role(user, "administrator")
    Membership.objects.get_or_create(study=Study.objects.get(slug=HUGE), user=user, role="owner")
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {make_token(user, 'scale', 'admin')[1]}"})
    client.force_login(user)
    rows = _rows()
    for pattern in PAGES:
        path = pattern.format(**rows)
        if only in path:
            for _ in range(repeat):
                timed = _time(client, path)
            yield timed


def _time(client: Any, path: str) -> PageTime:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        there = _other_side()
        started = time.perf_counter(), time.process_time(), _used(there)
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        wall, worked = time.perf_counter() - started[0], time.process_time() - started[1]
        database = _used(there) - started[2]
    return PageTime(path, answer.status_code, wall, worked, database, len(queries), len(body) / 1000)


def _other_side() -> psutil.Process | None:
    """Return the process of PostgreSQL that serves this connection; None where it is another machine's."""
    from django.db import connection

    connection.ensure_connection()
    if connection.vendor != "postgresql":
        return None
    try:
        return psutil.Process(connection.connection.info.backend_pid)
    except psutil.Error:
        return None


def _used(process: psutil.Process | None) -> float:
    times = process.cpu_times() if process else None
    return times.user + times.system if times else 0.0


def _rows() -> dict[str, Any]:
    """Find one of each kind of row that pages are about, from the middle of the huge study."""
    from annotations.models import Study
    from models_runner.models import Summary

    study = Study.objects.get(slug=HUGE)
    rated = study.comparisons.filter(taken__gt=0).order_by("pk")
    pair = rated.select_related("summary_a__run__system")[rated.count() // 2]
    free = study.comparisons.for_rating().filter(taken=0).order_by("pk").values_list("pk", flat=True)[0]
    summary: Summary = pair.summary_a
    return {
        "dataset": study.dataset.name,
        "document": pair.document_id,
        "pair": pair.pk,
        "free": free,
        "run": summary.run_id,
        "system": summary.run.system.slug,
        "summary": summary.pk,
    }
