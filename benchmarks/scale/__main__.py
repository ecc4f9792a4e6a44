"""Fill a database to a size, and time pages, claims and rating beside heavy pages on it.

    python -m benchmarks.scale --postgresql URL [--votes 2000000] [--comparisons 1000000] [--summaries 104000]
                               [--annotators 2000] [--studies 50] [--only pages,claims,mixed,sizes,memory]
                               [--keep NAME]

The part "memory" runs the whole site for --minutes and is left out unless --only names it.
Everything is in a database of its own on that server, which is deleted afterwards; --keep NAME fills a database that is
there and leaves it, or takes one that an earlier run filled. docs/benchmarks.md says how to read the output.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tabulate import tabulate

from benchmarks.parts.site import database, temporary_site
from benchmarks.scale import claims, memory, mixed
from benchmarks.scale.fill import HUGE, Size, fill
from benchmarks.scale.pages import time_pages

PARTS = ("pages", "sizes", "claims", "mixed")
LONG_PARTS = ("memory",)


def main() -> None:
    options = arguments()
    # Exit in order, so that everything started here ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ["PORT"] = str(options.port)
    os.environ.setdefault("PGOPTIONS", "-c max_parallel_workers_per_gather=0")
    with site(options):
        prepare(options)
        parts: dict[str, Callable[[argparse.Namespace], None]] = {
            "pages": show_pages,
            "sizes": show_sizes,
            "claims": show_claims,
            "mixed": show_mixed,
            "memory": show_memory,
        }
        for name in options.parts:
            parts[name](options)


@contextmanager
def site(options: argparse.Namespace) -> Iterator[None]:
    with ExitStack() as stack:
        server = options.postgresql.rpartition("/")[0]
        url = f"{server}/{options.keep}" if options.keep else stack.enter_context(database(options.postgresql))
        stack.enter_context(temporary_site(1, database_url=url))
        yield


def prepare(options: argparse.Namespace) -> None:
    from django.core.management import call_command

    from annotations.models import Study

    call_command("collectstatic", verbosity=0, interactive=False)
    if Study.objects.filter(slug=HUGE).exists():
        return
    started = time.perf_counter()
    fill(Size(options.votes, options.comparisons, options.summaries, options.annotators, options.studies))
    print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)


def show_pages(options: argparse.Namespace) -> None:
    """Pages of which a worker makes a part are timed before and after it has made all that they asked for."""
    rows = {row.path: row for row in time_pages(repeat=1)}
    work_off()
    again = time_pages(repeat=2)
    headings = ("page", "first (s)", "again: site (s)", "PostgreSQL (s)", "statements", "kB", "status")
    lines = [
        (row.path, rows[row.path].processor + rows[row.path].database, row.processor, row.database, row.statements,
         round(row.kilobytes), row.status)
        for row in again
    ]  # fmt: skip
    print(tabulate(lines, headings, floatfmt=".2f"), flush=True)


def work_off() -> None:
    """Do what pages have asked workers for, in this process."""
    from annotations.models import QualitySnapshot, StudyReport
    from annotations.quality.snapshots import work_on_snapshot
    from annotations.review.kept import work_on_report
    from leaderboards.models import SnapshotJob
    from leaderboards.snapshots.jobs import work_on_job

    for rows, do in ((QualitySnapshot, work_on_snapshot), (StudyReport, work_on_report), (SnapshotJob, work_on_job)):
        for pk in rows.objects.filter(status="pending").values_list("pk", flat=True):
            started = time.perf_counter()
            line = do(pk, owner="bench-scale")
            print(f"  {line}: {time.perf_counter() - started:.1f} s", flush=True)


def show_sizes(options: argparse.Namespace) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute("VACUUM ANALYZE")
        print(f"VACUUM ANALYZE: {time.perf_counter() - started:.1f} s")
        cursor.execute(
            "SELECT relname, n_live_tup, pg_table_size(relid) / 1000000, pg_indexes_size(relid) / 1000000"
            " FROM pg_stat_user_tables ORDER BY pg_total_relation_size(relid) DESC LIMIT 8"
        )
        print(tabulate(cursor.fetchall(), ("table", "rows", "MB", "indexes, MB"), intfmt=","), flush=True)


def show_claims(options: argparse.Namespace) -> None:
    first = claims.store_run(f"claims-{time.time():.0f}-a", options.waiting)
    second = claims.store_run(f"claims-{time.time():.0f}-b", options.waiting)
    for runs in ([first], [first, second]):
        done = claims.claim(runs, options.claimers, options.seconds)
        print(
            f"{options.claimers} claimers, {len(runs)} run(s) of {options.waiting:,}: {done.per_second:.0f} a second "
            f"claimed and finished; by run {done.claims}; twice {done.twice}",
            flush=True,
        )


def show_mixed(options: argparse.Namespace) -> None:
    invitation, names = mixed.prepare(options.raters)
    for beside in (False, True):
        row = mixed.measure(names, invitation, options.rated, options.port, beside=beside, think=options.think)
        what = f"beside heavy pages ({row.beside[0]} answered, {row.beside[1]} sent back)" if beside else "alone"
        print(
            f"{options.raters} annotators {what}: {row.votes} votes, {row.votes_per_s} a second; next p50 "
            f"{row.next_p50} ms, p95 {row.next_p95} ms; save p50 {row.save_p50} ms, p95 {row.save_p95} ms; "
            f"{len(row.errors)} errors {row.errors[:1]}; web processes {row.megabytes} MB",
            flush=True,
        )


def show_memory(options: argparse.Namespace) -> None:
    """Print what each kind of process holds, and whether it grew after it had settled."""
    invitation, names = mixed.prepare(options.raters)
    hour = memory.measure(names, invitation, options.port, options.minutes, pause=options.pause, every=options.every)
    headings = ("MB of PSS", "first minute", "highest", "second third", "last third", "growth")
    print(tabulate(hour.rows(), headings, floatfmt=".0f"))
    print(
        f"{hour.votes:,} votes, {hour.opened:,} heavy answers, {len(hour.errors)} errors {hour.errors[:3]}", flush=True
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", metavar="URL", required=True)
    parser.add_argument("--votes", type=int, default=2_000_000)
    parser.add_argument("--comparisons", type=int, default=1_000_000, help="Of the huge study.")
    parser.add_argument("--summaries", type=int, default=104_000)
    parser.add_argument("--annotators", type=int, default=2_000)
    parser.add_argument("--studies", type=int, default=50)
    parser.add_argument("--claimers", type=int, default=64)
    parser.add_argument("--waiting", type=int, default=20_000, help="Summaries of a run that is claimed.")
    parser.add_argument("--seconds", type=float, default=20, help="For how long they are claimed.")
    parser.add_argument("--raters", type=int, default=16)
    parser.add_argument("--rated", type=int, default=400, help="Votes of all raters, alone and beside heavy pages.")
    parser.add_argument("--think", type=float, default=0, help="Seconds that raters look at a pair, on average.")
    parser.add_argument("--minutes", type=float, default=60, help="For how long memory is watched.")
    parser.add_argument("--pause", type=float, default=1, help="Seconds between a vote and the next pair meanwhile.")
    parser.add_argument("--every", type=float, default=60, help="Seconds between openings of heavy pages meanwhile.")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--keep", metavar="NAME", help="A database on the server that is not deleted.")
    parser.add_argument("--port", type=int, default=8768)
    options = parser.parse_args()
    options.parts = options.only.split(",")
    if wrong := [name for name in options.parts if name not in (*PARTS, *LONG_PARTS)]:
        known = ", ".join((*PARTS, *LONG_PARTS))
        parser.error(f"There is no part {wrong[0]!r}. Expected some of: {known}.")
    return options


if __name__ == "__main__":
    main()
