"""Time the pages of planning for a study of many systems, with *Stopping early* and without.

    python -m benchmarks.many_systems [--systems 1000] [--votes 100000] [--annotators 60] [--documents 100]
                                      [--server sqlite|postgres://...] [--seed 7] [--repeat 5]

Votes are drawn evenly over pairs, documents and annotators by the seed, and stored in a database that is deleted
afterwards. Seconds of the wall clock and of this process: what a page takes with a stored snapshot, the first fifty
neighbours on it.
"""

import argparse
import time
from contextlib import ExitStack
from statistics import median
from typing import Any

import numpy as np

from benchmarks.parts.site import database, temporary_site
from benchmarks.parts.stored import settle_database
from benchmarks.parts.stored_board import SQLITE, store_study
from stats.votes.arrays import OutcomeCode, VoteArrays

SPREAD, TIE_BAND = 0.6, 0.5  # log-odds: of strengths, and within which a vote ties
PAGES = {"planning": "", "planning, stopping early": "?stopping=1"}


def draw_votes(options: argparse.Namespace) -> VoteArrays:
    """Draw the votes."""
    rng, n, votes = np.random.default_rng(options.seed), options.systems, options.votes
    a = rng.integers(n, size=votes)
    b = (a + rng.integers(1, n, size=votes)) % n
    strengths = np.sort(rng.normal(0, SPREAD, n))
    at = strengths[a] - strengths[b] + rng.logistic(size=votes)
    outcome = np.where(np.abs(at) < TIE_BAND, OutcomeCode.TIE, np.where(at > 0, OutcomeCode.A, OutcomeCode.B))
    document, annotator = rng.integers(options.documents, size=votes), rng.integers(options.annotators, size=votes)
    return VoteArrays(a, b, outcome, document, annotator, n)


def measure(options: argparse.Namespace) -> None:
    """Store the study and time its pages."""
    with ExitStack() as stack:
        url = "" if options.server == SQLITE else stack.enter_context(database(options.server))
        stack.enter_context(temporary_site(0, database_url=url))
        from django.core.management import call_command

        call_command("collectstatic", verbosity=0, interactive=False)
        study = store_study(draw_votes(options))
        settle_database()
        _compute(study)
        _views(study, options.repeat)


def _compute(study: Any) -> None:
    from leaderboards.snapshots.store import compute

    for kind in ("board", "planning"):
        began = time.process_time()
        compute(kind, study, study.criteria.get())
        print(f"{kind}: {time.process_time() - began:.1f} s of this process", flush=True)


def _views(study: Any, repeat: int) -> None:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create(username="researcher", is_staff=True))
    for name, query in PAGES.items():
        wall, own = [], []
        for _ in range(repeat + 1):
            began = time.perf_counter(), time.process_time()
            answer = client.get(f"/boards/{study.slug}/planning/{query}")
            assert answer.status_code == 200
            wall.append(time.perf_counter() - began[0])
            own.append(time.process_time() - began[1])
        print(
            f"{name}: {median(wall[1:]):.2f} s, {median(own[1:]):.2f} s of this process, {len(answer.content):,} bytes",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("systems", 1000), ("votes", 100_000), ("annotators", 60), ("documents", 100)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--server", default=SQLITE, help="sqlite, or the URL of a PostgreSQL server")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=5)
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
