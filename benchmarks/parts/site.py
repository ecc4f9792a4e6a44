"""A site of the project's own for a benchmark: a folder that is deleted afterwards, SQLite, the embedded broker."""

import io
import json
import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.parts.meetings import Turn

ROOT = Path(__file__).resolve().parents[2]
DATASET = "benchmark"
ELSEWHERE = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "DEBUG", "HUB_ONLINE")


@dataclass(frozen=True)
class Measured:
    """What one arm did. seconds: of the work alone, without starting processes and loading weights."""

    seconds: float
    summaries: int
    read: list[int]
    cached: int
    written: int
    texts: list[str]


@contextmanager
def temporary_site(threads: int, *, database_url: str = "") -> Iterator[Path]:
    """Django on an empty database in a new folder; nothing of the environment's own installation is touched.

    database_url: of an empty database elsewhere; else SQLite in the folder.
    """
    with tempfile.TemporaryDirectory(prefix="punchweight-benchmark-") as folder:
        for name in ELSEWHERE:
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "evalsite.settings",
            "DATA_DIR": folder,
            "GENERATION_THREADS": str(threads),
            "LOG_LEVEL": "ERROR",
        }
        if database_url:
            os.environ["DATABASE_URL"] = database_url
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield Path(folder)
        finally:
            connections.close_all()


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of its own on a PostgreSQL server, deleted afterwards."""
    import psycopg

    name = f"punchweight_benchmark_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def serving(command: Sequence[str], address: str) -> Iterator[str]:
    """The web server of this command, from its first answer on; yields where it is."""
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    try:
        _wait_for(f"http://{address}/healthz")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer.")


def import_meetings(folder: Path, transcripts: Sequence[Sequence[Turn]], dataset: str = DATASET) -> None:
    from django.core.management import call_command

    path = folder / f"{dataset}.jsonl"
    records = [{"id": f"meeting-{n}", "transcript": turns} for n, turns in enumerate(transcripts, start=1)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    call_command("import_dataset", str(path), name=dataset, format="jsonl", stdout=io.StringIO())


def add_system(slug: str, like: str, changes: Mapping[str, Any]) -> None:
    """A copy of a system of the catalogue: every measurement needs its own, a run exists once a system."""
    from models_runner.models import System
    from models_runner.systems.catalog import ensure_system

    ensure_system(like)
    row = System.objects.filter(slug=like).values(*System.FROZEN_FIELDS)[0]
    System.objects.create(name=slug, **(row | {"slug": slug} | changes))


def generate(slug: str, instruction: str, dataset: str = DATASET) -> Measured:
    """What `manage.py generate --wait` does: a worker process is started, and ended when the run is complete.

    Raises CommandError when a summary fails.
    """
    from django.core.management import call_command

    from models_runner.models import Run

    before = set(Run.objects.values_list("pk", flat=True))
    options = {"dataset": dataset, "system": slug, "instruction": instruction, "wait": True}
    call_command("generate", stdout=io.StringIO(), **options)
    return _measured(list(Run.objects.exclude(pk__in=before)))


def _measured(runs: Sequence[Any]) -> Measured:
    from models_runner.models import Summary, SummaryCall

    summaries = list(Summary.objects.filter(run__in=runs).order_by("run__pk", "document__position"))
    _check(summaries)
    calls = SummaryCall.objects.filter(summary__in=summaries)
    started = min(run.started_at for run in runs)
    return Measured(
        seconds=(max(summary.finished_at for summary in summaries) - started).total_seconds(),
        summaries=len(summaries),
        read=[summary.prompt_tokens for summary in summaries],
        cached=sum(call.cached_tokens or 0 for call in calls),
        written=sum(summary.output_tokens for summary in summaries),
        texts=[summary.text for summary in summaries],
    )


def _check(summaries: Sequence[Any]) -> None:
    for summary in summaries:
        if summary.status != summary.Status.DONE or summary.dropped_tokens or summary.attempts != 1:
            raise RuntimeError(
                f"A summary is {summary.status} after {summary.attempts} attempts with {summary.dropped_tokens} tokens "
                f"left out; expected done, 1 and 0. {summary.failure_reason}"
            )


def together(passes: Sequence[Measured]) -> Measured:
    """Several passes, one after the other, as one."""
    return Measured(
        seconds=sum(one.seconds for one in passes),
        summaries=sum(one.summaries for one in passes),
        read=[tokens for one in passes for tokens in one.read],
        cached=sum(one.cached for one in passes),
        written=sum(one.written for one in passes),
        texts=[text for one in passes for text in one.texts],
    )


@contextmanager
def kept_worker() -> Iterator[None]:
    """One worker for all of the block, as on a site that `make run` serves; `generate` finds and uses it."""
    from jobs.processes import worker_for
    from jobs.workers import workers_for

    with worker_for("generation") as check:
        while not workers_for("generation"):
            check()
            time.sleep(0.2)
        yield
