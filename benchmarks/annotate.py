"""Measure the annotation loop (next pair, save a vote, repeat) with few and with many judgements stored.

    python -m benchmarks.annotate --postgresql URL [--judgements 0,1000000] [--concurrency 1,8] [--votes 300]
    python -m benchmarks.annotate --sqlite [...]

The benchmark starts the web processes of `manage.py serve`; annotators log in over HTTP and keep their connections.
They send what the page's scripts send: a vote, whose answer holds the pair after the one fetched ahead, as HTML with
the transcript, both summaries and the forms. "save" and "next" are both the time from posting the vote to the last byte
of that answer. The first vote of each annotator is a warm-up. Afterwards the benchmark compares the database with what
was acknowledged; an error, a missing vote, a pair beyond its quota or a pair shown twice to one annotator ends the run
with an error.

--two-requests asks for the next pair after each vote by a request of its own, as pages once did: "next" is then the
time of that request, and "save" from posting the vote to its acknowledgement.

--marks lets everybody mark words in both summaries before each vote, in a study that requires marks; "mark" is the time
from posting a mark to its acknowledgement.

--peers FOLDER names a folder with an annotation_loop.py that measures another tool in the same way (see
docs/benchmarks.md); it runs after the measurements of this site.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.parts import stored
from benchmarks.parts.browser import TOKEN
from benchmarks.parts.rating import FURTHER, PASSWORD, Timed, Way, loop
from benchmarks.parts.site import database, serving, temporary_site


@dataclass(frozen=True)
class LoopTimes:
    """The result of one measurement; times are in milliseconds. Both are those of the vote where it brings the pair."""

    tool: str
    judgements: int
    concurrency: int
    votes_per_s: float
    next_p50_ms: float
    next_p95_ms: float
    save_p50_ms: float
    save_p95_ms: float
    mark_p50_ms: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value nearest to this share of the sorted values, converted from seconds to milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[round(share * (len(ordered) - 1))], 1) if ordered else float("nan")


# ---- one measurement


def faults(study: Any, timed: Sequence[Timed], before: int) -> list[str]:
    """Describe every violated invariant, from the acknowledged answers and the assignments newer than `before`."""
    from django.db.models import Count, F, Q

    from annotations.models import Assignment
    from annotations.rating.votes import choice_of

    mine = Assignment.objects.filter(pk__gt=before)
    rows = mine.values_list("token", "shown_left", "judgements__outcome", "state")
    kept = {str(token): choice_of(outcome, left) for token, left, outcome, state in rows if outcome and state == "done"}
    said = {token: choice for annotator in timed for token, choice in annotator.acknowledged.items()}
    held = Count("assignments", filter=Q(assignments__slot__isnull=False))
    over = study.comparisons.filter(assignments__pk__gt=before).annotate(held=held)
    twice = mine.values("comparison", "annotator").order_by().annotate(n=Count("pk")).filter(n__gt=1)
    violations = {
        "answers other than expected": [error for annotator in timed for error in annotator.errors],
        "votes acknowledged and not stored so": [token for token, choice in said.items() if kept.get(token) != choice],
        "votes stored and not acknowledged": [token for token in kept if token not in said],
        "pairs beyond their quota": list(over.filter(Q(held__gt=F("quota")) | Q(taken__gt=F("quota")))),
        "pairs twice to the same person": list(twice),
        "counters of places that are wrong": list(over.exclude(taken=F("held"))),
    }
    return [f"{len(rows)} {name}, for example {rows[0]}" for name, rows in violations.items() if rows]


def measure(study: Any, judgements: int, people: Sequence[str], options: argparse.Namespace) -> LoopTimes:
    from django.db import connections

    from annotations.people.links import invitation_path
    from evalsite.launcher import web_command

    before = newest_assignment()
    connections.close_all()
    address = ("127.0.0.1", options.port)
    with serving([*web_command(*address), "--log-level", "error"], f"127.0.0.1:{options.port}") as server:
        way = Way(marks=options.marks, two_requests=options.two_requests)
        timed, elapsed = loop(server, people, invitation_path(study), options.votes, way=way)
    wrong = faults(study, timed, before)
    forget(before)
    if wrong:
        raise SystemExit("NOT sound: " + "; ".join(wrong))
    asked = [seconds for annotator in timed for seconds in annotator.next]
    saved = [seconds for annotator in timed for seconds in annotator.save]
    marked = [seconds for annotator in timed for seconds in annotator.mark]
    return LoopTimes(
        "Punchweight", judgements, len(people), round(len(saved) / elapsed, 1),
        percentile(asked, 0.5), percentile(asked, 0.95), percentile(saved, 0.5), percentile(saved, 0.95),
        percentile(marked, 0.5) if marked else None,
    )  # fmt: skip


def newest_assignment() -> int:
    from django.db.models import Max

    from annotations.models import Assignment

    return Assignment.objects.aggregate(newest=Max("pk"))["newest"] or 0


def forget(before: int) -> None:
    """Delete the assignments of a measurement, so that every measurement begins with the same work."""
    from annotations.models import Assignment, Comparison

    mine = Assignment.objects.filter(pk__gt=before)
    given = set(mine.values_list("comparison_id", flat=True))
    mine.delete()
    Comparison.objects.filter(pk__in=given).update(taken=0)
    stored.settle_database()


# ---- statements


def statements(study: Any, user: Any) -> dict[str, int]:
    """Count the SQL statements of a page, a vote, and a vote with the next pair, after a session's first page."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from annotations.people.links import invitation_path

    before, client = newest_assignment(), Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    page = client.post(invitation_path(study)).headers["Location"]

    def count(**more: object) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            token = TOKEN.search(client.get(page, headers=FURTHER).content.decode())[1]
        if more:
            more["after"] = TOKEN.search(client.get(f"{page}next", {"after": token}).content.decode())[1]
        vote = {"token": token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
        with CaptureQueriesContext(connection) as saved:
            client.post(f"{page}vote", vote | more, headers={"accept": "application/json"})
        return len(asked), len(saved)

    count()
    asked, saved = count()
    _, both = count(after="")
    forget(before)
    return {"vote with the next pair": both, "next": asked, "save": saved}


# ---- peers

PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


def peer(folder: Path, name: str, binary: str, options: argparse.Namespace) -> list[LoopTimes]:
    """Measure another tool by its own script, with the same counts and without the settings of this site."""
    theirs = {key: value for key, value in os.environ.items() if key in PASSED_ON}
    with tempfile.TemporaryDirectory(prefix="punchweight-peer-") as report_folder:
        report = Path(report_folder) / "report.jsonl"
        subprocess.run(
            [sys.executable, "annotation_loop.py", name, "--bin", binary, "--votes", str(options.votes),
             "--concurrency", options.concurrency, "--tasks", str(options.tasks), "--json", str(report)],
            cwd=folder, check=True, stdout=sys.stderr, env=theirs,
        )  # fmt: skip
        rows = [json.loads(line) for line in report.read_text().splitlines()]
    return [
        LoopTimes(name, 0, row["c"], row["votes_per_s"], row["fetch_p50_ms"], row["fetch_p95_ms"], row["submit_p50_ms"],
            row["submit_p95_ms"])
        for row in rows
    ]  # fmt: skip


# ---- all of it


@contextmanager
def site(options: argparse.Namespace) -> Iterator[None]:
    with ExitStack() as stack:
        url = stack.enter_context(database(options.postgresql)) if options.postgresql else ""
        stack.enter_context(temporary_site(1, database_url=url))
        yield


def prepare(options: argparse.Namespace) -> tuple[Any, list[Any]]:
    """Create the study and its annotators, who have accounts and have joined, so that past votes can be theirs."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from annotations.people.joining import join

    call_command("collectstatic", verbosity=0, interactive=False)
    study = stored.make_study(options.tasks, ask_marks="required" if options.marks else "off")
    names = [f"annotator{n}" for n in range(max(options.counts))]
    return study, [join(study, user=User.objects.create_user(name, password=PASSWORD)) for name in names]


def benchmark(options: argparse.Namespace) -> list[LoopTimes]:
    study, people = prepare(options)
    rows: list[LoopTimes] = []
    kept = 0
    for judgements in sorted(options.sizes):
        started = time.perf_counter()
        if judgements > kept:
            stored.store_judgements(study, judgements - kept, people)
        stored.settle_database()
        kept = judgements
        print(f"{judgements:,} judgements stored ({time.perf_counter() - started:.0f} s)", flush=True)
        counted = statements(study, people[0].user)
        print("  statements: " + ", ".join(f"{name} {number}" for name, number in counted.items()), flush=True)
        for number in options.counts:
            names = [person.user.username for person in people[:number]]
            rows += [say(measure(study, judgements, names, options)) for _ in range(options.repeat)]
    return rows


def say(row: LoopTimes) -> LoopTimes:
    print(
        f"  {row.tool:14} {row.judgements:>9,} stored {row.concurrency:>3} people {row.votes_per_s:>7} votes/s   "
        f"next p50 {row.next_p50_ms} ms, p95 {row.next_p95_ms} ms   "
        f"save p50 {row.save_p50_ms} ms, p95 {row.save_p95_ms} ms"
        + ("" if row.mark_p50_ms is None else f"   mark p50 {row.mark_p50_ms} ms"),
        flush=True,
    )
    return row


def ratios(rows: Sequence[LoopTimes]) -> None:
    """Print the medians of this tool's repeats as ratios to those of every other tool, at the same concurrency."""
    groups: dict[tuple[str, int, int], list[LoopTimes]] = {}
    for row in rows:
        groups.setdefault((row.tool, row.judgements, row.concurrency), []).append(row)
    ours = {key: repeats for key, repeats in groups.items() if key[0] == "Punchweight"}
    for (name, _, people), theirs in ((key, repeats) for key, repeats in groups.items() if key not in ours):
        for (_, judgements, _), mine in ((key, repeats) for key, repeats in ours.items() if key[2] == people):
            votes = _median(mine, "votes_per_s") / _median(theirs, "votes_per_s")
            faster = _median(theirs, "next_p50_ms") / _median(mine, "next_p50_ms")
            print(
                f"{people} people, {judgements:,} judgements here and none there: {votes:.1f}x the votes/s of {name}, "
                f"next p50 {faster:.1f}x as fast"
            )


def _median(rows: Sequence[LoopTimes], name: str) -> float:
    return statistics.median(getattr(row, name) for row in rows)


def arguments() -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--postgresql", metavar="URL", help="For example postgres://postgres@127.0.0.1:5432/postgres")
    where.add_argument("--sqlite", action="store_true")
    parser.add_argument(
        "--judgements", default="0,1000000", metavar="N,N", help="Stored before, one size after another."
    )
    parser.add_argument("--concurrency", default="1,8", metavar="N,N", help="People at once.")
    parser.add_argument("--votes", type=int, default=300, help="Of all people together, beside a first one each.")
    parser.add_argument("--tasks", type=int, default=2000, help="Comparisons to rate.")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--marks", action="store_true", help="Mark words in both summaries before each vote.")
    parser.add_argument("--two-requests", action="store_true", help="Ask for the next pair apart from the vote.")
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="With annotation_loop.py.")
    parser.add_argument("--label-studio", metavar="BIN", help="Measure this as well; needs --peers.")
    parser.add_argument("--potato", metavar="BIN", help="Measure this as well; needs --peers.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Append every measurement, one a line.")
    options = parser.parse_args()
    options.sizes = [int(n) for n in options.judgements.split(",")]
    options.counts = [int(n) for n in options.concurrency.split(",")]
    if (options.label_studio or options.potato) and options.peers is None:
        parser.error("--label-studio and --potato need --peers FOLDER.")
    # Everybody votes once to warm up, holds one more pair at the end, and has another fetched ahead.
    if options.votes + 3 * max(options.counts) > options.tasks:
        parser.error("There are fewer comparisons than votes. Give more --tasks.")
    return options


def main() -> None:
    options = arguments()
    peers = {"label-studio": options.label_studio, "potato": options.potato}
    os.environ["PORT"] = str(options.port)
    with site(options):
        rows = benchmark(options)
    for name, binary in peers.items():
        for _ in range(options.repeat if binary else 0):
            rows += [say(row) for row in peer(options.peers, name, binary, options)]
    ratios(rows)
    if options.json:
        with options.json.open("a") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


if __name__ == "__main__":
    main()
