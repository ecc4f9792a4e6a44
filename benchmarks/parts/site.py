"""Set up a temporary site for a benchmark: a folder that is deleted afterwards, SQLite, and the embedded broker."""

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
    """What one arm did.

    Attributes:
        seconds: Time of the work alone, without starting processes and loading weights.
        summaries: How many summaries were written.
        read: Prompt tokens of each summary.
        cached: Prompt tokens that the engine took from its cache.
        written: Output tokens of all summaries.
        texts: The summaries.
    """

    seconds: float
    summaries: int
    read: list[int]
    cached: int
    written: int
    texts: list[str]


@contextmanager
def temporary_site(threads: int, *, database_url: str = "") -> Iterator[Path]:
    """Set up Django on an empty database in a new folder, without touching the environment's own installation.

    Args:
        threads: Threads of the engines.
        database_url: URL of an empty database elsewhere; without it, SQLite in the folder is used.
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
    """Create a database on a PostgreSQL server, yield its URL, and delete it afterwards."""
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
    """Run this command's web server; yield its address once it answers."""
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    try:
        _wait_for(f"http://{address}/healthz")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(timeout=60)  # gunicorn gives what is running 30 seconds


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
    """Add a copy of a catalogue system: each measurement needs its own, because a system has one run per dataset."""
    from models_runner.models import System
    from models_runner.systems.catalog import ensure_system

    ensure_system(like)
    row = System.objects.filter(slug=like).values(*System.FROZEN_FIELDS)[0]
    System.objects.create(name=slug, **(row | {"slug": slug} | changes))


def generate(slug: str, instruction: str, dataset: str = DATASET) -> Measured:
    """Run `manage.py generate --wait`, which starts a worker process and ends it when the run is complete.

    Raises:
        CommandError: A summary failed.
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
    """Add up several passes that ran one after the other."""
    return Measured(
        seconds=sum(measured.seconds for measured in passes),
        summaries=sum(measured.summaries for measured in passes),
        read=[tokens for measured in passes for tokens in measured.read],
        cached=sum(measured.cached for measured in passes),
        written=sum(measured.written for measured in passes),
        texts=[text for measured in passes for text in measured.texts],
    )


@contextmanager
def kept_worker() -> Iterator[None]:
    """Keep one worker for the whole block, as on a site that `make run` serves; `generate` finds and uses it."""
    from jobs.workers.presence import workers_for
    from jobs.workers.processes import worker_for

    with worker_for("generation") as check:
        while not workers_for("generation"):
            check()
            time.sleep(0.2)
        yield
