"""Measure how fast votes are exported and how much memory that takes, for each format and for a release.

    python -m benchmarks.export [--votes 1000000] [--formats csv,jsonl,...,release] [--json FILE]
                                [--peers FOLDER --label-studio BIN [--tasks 2000] [--votes-per-task 10] [--repeat 3]]

If DATABASE_URL names a PostgreSQL server, the benchmark creates a database there and drops it; otherwise it uses SQLite
in a temporary folder. docs/benchmarks.md says how to read the output. With --peers, this site and Label Studio then
export the same number of votes over HTTP, the latter with the folder's export.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tabulate import tabulate

from benchmarks import export_http

DATABASE = "punchweight_bench_export"
SLUG = "exported"
QUOTA, SYSTEMS, PEOPLE = 25, 10, 500
ALL = ("csv", "jsonl", "parquet", "arena", "evalica", "dpo", "kto", "openai", "release")
MEGABYTE = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--formats", default=",".join(ALL))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="With export.py.")
    parser.add_argument("--label-studio", metavar="BIN", help="Measure this as well; needs --peers.")
    export_http.add_options(parser)
    options = parser.parse_args()
    if bool(options.label_studio) != bool(options.peers):
        parser.error("--peers FOLDER and --label-studio BIN go together.")
    if options.one:
        print(json.dumps(_measure(options.one)))
        return
    options.postgresql = os.environ.get("DATABASE_URL", "")
    rows = _formats(options) if options.formats else []
    report = {"formats": rows}
    if options.peers:
        report["over HTTP"] = [asdict(row) for row in export_http.compare(options.peers, options.label_studio, options)]
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def _formats(options: argparse.Namespace) -> list[dict[str, Any]]:
    usual = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder}
        given = os.environ.get("DATABASE_URL", "")
        if given:
            _sql(given, f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
            environment["DATABASE_URL"] = urlunsplit(urlsplit(given)._replace(path=f"/{DATABASE}"))
        os.environ.update(environment)
        try:
            _fill(options.votes)
            rows = [_in_own_process(name) for name in options.formats.split(",")]
        finally:
            if given:
                _sql(given, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            os.environ.clear()
            os.environ.update(usual)
    _show(options.votes, "PostgreSQL" if given else "SQLite", rows)
    return rows


def _sql(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _fill(votes: int) -> None:
    """Store a study of ten systems in which up to 25 of 500 people rate each comparison."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from annotations.models import Criterion, Study
    from benchmarks.parts import stored
    from models_runner.models import Dataset

    call_command("migrate", verbosity=0)
    dataset = Dataset.objects.create(name="exported")
    systems = [run.system for run in stored.make_runs(dataset, (f"system-{n}" for n in range(SYSTEMS)))]
    pairs = SYSTEMS * (SYSTEMS - 1) // 2
    stored.fill_dataset(dataset, max(1, -(-votes // (QUOTA * pairs))), seed=1)
    dataset.documents.update(redistributable=True, licence="CC-BY-4.0")
    study = Study.objects.create(slug=SLUG, title=SLUG, dataset=dataset, quota=QUOTA, status="closed")
    study.systems.set(systems)
    Criterion.objects.create(study=study, key="overall", question="Which summary is better overall?", position=0)
    stored.store_votes(study, dataset, stored.add_annotators(study, PEOPLE), votes, QUOTA)
    stored.settle_database()
    connection.close()


def _in_own_process(name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.export", "--one", name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {row['seconds']:.1f} s", flush=True)
    return row


def _measure(name: str) -> dict[str, Any]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    django.setup()
    from django.utils import timezone

    from annotations.models import Judgement, Study
    from leaderboards.exports import Selection, export_ratings

    study = Study.objects.select_related("dataset").get(slug=SLUG)
    path = Path(tempfile.mkdtemp()) / "votes"
    # Load the libraries and open a connection first, so that only the export is measured.
    later = Selection(since=timezone.now())
    for warm_up in ("parquet", "arena"):
        export_ratings(study, path, warm_up, later)
    votes = Judgement.objects.filter(criterion__study=study).count()
    idle = _resident("VmRSS")
    _forget_peak()
    started = time.perf_counter()
    lines, size = _export(name, study, path)
    seconds = time.perf_counter() - started
    return {
        "format": name,
        "seconds": seconds,
        "votes_per_s": votes / seconds,
        "lines": lines,
        "bytes": size,
        "above_idle_mb": (_resident("VmHWM") - idle) / MEGABYTE,
    }


def _export(name: str, study: Any, path: Path) -> tuple[int, int]:
    """Write the study's votes in one format, or its release; return how many rows and bytes were written."""
    from leaderboards.exports import export_ratings
    from leaderboards.exports.preferences import Counting
    from leaderboards.releases import publishing

    if name == "release":
        release = publishing.write_files(publishing.create_draft(study, publishing.Draft(), None))
        return sum(release.counts["rows"].values()), release.file_bytes
    lines = export_ratings(study, path, name, counting=Counting.EACH).lines
    return lines, path.stat().st_size


def _resident(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}.")


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _show(votes: int, database: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{votes:,} votes, {database}\n")
    headings = ("format", "seconds", "votes/s", "rows", "file MB", "MB above idle")
    lines = [
        (
            *(row["format"], row["seconds"], row["votes_per_s"], row["lines"]),
            *(row["bytes"] / MEGABYTE, row["above_idle_mb"]),
        )
        for row in rows
    ]
    print(tabulate(lines, headings, intfmt=",", floatfmt=("", ".1f", ",.0f", "", ".1f", ".0f")))


if __name__ == "__main__":
    main()
