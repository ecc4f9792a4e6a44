"""Measure the annotation loop (next pair, save a vote, repeat) with few and with many judgements stored.

    python -m benchmarks.annotate --postgresql URL [--judgements 0,1000000] [--concurrency 1,8] [--votes 300]
    python -m benchmarks.annotate --sqlite [...]

The benchmark starts the web processes of `manage.py serve`; annotators log in over HTTP and keep their connections.
"next" is the time from the request for a pair, as the page's script sends it, to the last byte of the HTML with the
transcript, both summaries and the forms. "save" is the time from posting a vote to its acknowledgement. The first vote
of each annotator is a warm-up. Afterwards the benchmark compares the database with what was acknowledged; an error, a
missing vote, a pair beyond its quota or a pair shown twice to one annotator ends the run with an error.

--marks lets everybody mark words in both summaries before each vote, in a study that requires marks; "mark" is the time
from posting a mark to its acknowledgement.

--peers FOLDER names a folder with an annotation_loop.py that measures another tool in the same way (see
docs/benchmarks.md); it runs after the measurements of this site.
"""

import argparse
import html
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.parts import stored
from benchmarks.parts.browser import TOKEN, Browser
from benchmarks.parts.site import database, serving, temporary_site

PASSWORD = "annotate and annotate"
CHOICES = ("left", "right", "tie")
# The first request fetches the whole page; later ones fetch the fragment that the page's script asks for.
FIRST: dict[str, str] = {}
FURTHER = {"X-Fragment": "1"}
SUMMARY = re.compile(r'<div class="summary-text"[^>]*>(.*?)</div>', re.DOTALL)
TAGS = re.compile(r"<[^>]*>")


@dataclass
class Timed:
    """What one annotator did.

    Attributes:
        next: Seconds until the next pair was there, for each vote but the first.
        save: Seconds until the vote was acknowledged, for each vote but the first.
        mark: Seconds until each mark was acknowledged, for each vote but the first.
        acknowledged: The choice that the site acknowledged, by the pair's token.
        errors: Answers that were not expected.
    """

    next: list[float]
    save: list[float]
    acknowledged: dict[str, str]
    errors: list[str]
    mark: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class LoopTimes:
    """The result of one measurement; times are in milliseconds."""

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


def mark_both(browser: Browser, page: str, shown: str, token: str) -> list[float]:
    """Mark the first characters of both summaries; return the seconds until each was acknowledged."""
    took = []
    for side, summary in zip(("left", "right"), SUMMARY.findall(shown), strict=True):
        text = "".join(html.unescape(TAGS.sub("", summary)).split())[:5]
        sent = {"token": token, "side": side, "error_kind": "invented", "severity": "minor", "client_key": uuid.uuid4()}
        started = time.perf_counter()
        place = {"start": 0, "end": len(text), "text": text}
        browser.post(f"{page}marks/add", sent | place, accept="application/json")
        took.append(time.perf_counter() - started)
    return took


def rate(
    browser: Browser, page: str, votes: int, seed: int, gate: threading.Barrier, timed: Timed, *, marks: bool
) -> None:
    """Give one vote to warm up, then the given number of votes as fast as the site answers."""
    rng = random.Random(seed)
    for number in range(votes + 1):
        if number == 1:
            gate.wait()
        try:
            started = time.perf_counter()
            pair = browser.get(page, FIRST if number == 0 else FURTHER)
            shown = TOKEN.search(pair)
            if shown is None:
                raise RuntimeError("There was no pair on the page.")
            asked = time.perf_counter()
            marked = mark_both(browser, page, pair, shown[1]) if marks else []
            voting = time.perf_counter()
            choice = rng.choice(CHOICES)
            vote = {"token": shown[1], "criterion": "overall", "choice": choice, "client_key": uuid.uuid4()}
            browser.post(f"{page}vote", vote, accept="application/json")
            saved = time.perf_counter()
        except Exception as error:
            timed.errors.append(repr(error)[:300])
            continue
        timed.acknowledged[shown[1]] = choice
        if number:
            timed.next.append(asked - started)
            timed.save.append(saved - voting)
            timed.mark += marked


def loop(
    server: str, people: Sequence[str], invitation: str, votes: int, *, marks: bool = False
) -> tuple[list[Timed], float]:
    """Let everybody rate at once; return their times, and the seconds from the end of the warm-up to the last vote."""
    gate = threading.Barrier(len(people) + 1)
    timed, threads = [], []
    for n, name in enumerate(people):
        browser = Browser(server)
        browser.log_in(name, PASSWORD)
        page = browser.join(invitation)
        timed.append(Timed([], [], {}, []))
        share = votes // len(people) + (n < votes % len(people))
        about = (browser, page, share, n, gate, timed[-1])
        threads.append(threading.Thread(target=rate, args=about, kwargs={"marks": marks}))
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return timed, time.perf_counter() - started


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
        timed, elapsed = loop(server, people, invitation_path(study), options.votes, marks=options.marks)
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
    """Count the SQL statements of a page and of a vote, without those of a session's first page."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from annotations.people.links import invitation_path

    before, client = newest_assignment(), Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    page = client.post(invitation_path(study)).headers["Location"]
    counted = {}
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            token = TOKEN.search(client.get(page, headers=FURTHER).content.decode())[1]
        vote = {"token": token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
        with CaptureQueriesContext(connection) as saved:
            client.post(f"{page}vote", vote, headers={"accept": "application/json"})
        counted = {"next": len(asked), "save": len(saved)}
    forget(before)
    return counted


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
        print(f"  statements: next {counted['next']}, save {counted['save']}", flush=True)
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
    if options.votes + max(options.counts) > options.tasks:
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
