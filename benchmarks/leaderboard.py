"""Measure how fast votes become ratings with two-way cluster intervals, here and in other libraries.

    python -m benchmarks.leaderboard [--votes 1000000] [--systems 100] [--resamples 1000] [--repeat 3]
                                     [--shapes 2000x500,200x50] [--peers FOLDER] [--python PYTHON]
                                     [--fastchat-git REPO] [--rows URL] [--json FILE]

A shape is documents x annotators; each vote's document and annotator are drawn evenly. docs/benchmarks.md says how to
read the output. --peers names a folder with ranking.py: its function votes(n, systems) draws the votes, which are then
used here too, and `ranking.py VOTES SYSTEMS LIBRARIES --python P --repeat 1 --json FILE` times the libraries on them.
--rows names a PostgreSQL server, or is sqlite: the votes of the first shape are stored there, in a database that is
deleted afterwards, and the time from these rows to a stored board and to its page is measured as well, and what is read
again once a thousand votes are new.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.parts.newer_votes import ALL, KEPT
from benchmarks.parts.stored_board import measure_rows
from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.votes.arrays import IntArray, OutcomeCode, VoteArrays
from stats.votes.tallies import aggregate

TIES = 0.15
# Point ratings; sandwich of single votes; 100 resamples of single votes.
PEERS = ("evalica", "arena")
FASTCHAT = ("fastchat", "fastchat-boot")
ROWS = "rows: to a stored board"


@dataclass
class Timings:
    """The seconds of each repeat, by what was measured."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        self.add(name, time.perf_counter() - started)
        return result

    def median(self, name: str) -> float:
        return median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return how many times as long the other takes, as the median over the repeats."""
        return median(b / a for a, b in zip(self.seconds[name], self.seconds[other], strict=True))


Battles = tuple[IntArray, IntArray, IntArray]


def own_battles(n_votes: int, n_systems: int) -> Battles:
    rng = np.random.default_rng(0)
    strengths = rng.normal(0, 1, n_systems)
    a = rng.integers(n_systems, size=n_votes)
    b = (a + rng.integers(1, n_systems, size=n_votes)) % n_systems
    won = rng.random(n_votes) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    outcome = np.where(won, OutcomeCode.A, OutcomeCode.B)
    return a, b, np.where(rng.random(n_votes) < TIES, OutcomeCode.TIE, outcome)


def peers_battles(folder: Path, n_votes: int, n_systems: int) -> Battles:
    spec = importlib.util.spec_from_file_location("peers_ranking", folder / "ranking.py")
    assert spec and spec.loader, f"{folder} has no ranking.py."
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table, _ = module.votes(n_votes, n_systems)
    number = {name: i for i, name in enumerate(sorted({*table.model_a, *table.model_b}))}
    code = {"model_a": OutcomeCode.A, "model_b": OutcomeCode.B, "tie": OutcomeCode.TIE}
    columns = ((table.model_a, number), (table.model_b, number), (table.winner, code))
    a, b, outcome = (np.array([int(names[value]) for value in column]) for column, names in columns)
    return a, b, outcome


def placed(battles: Battles, shape: str, n_systems: int) -> VoteArrays:
    documents, annotators = (int(number) for number in shape.split("x"))
    rng = np.random.default_rng(1)
    n_votes = len(battles[0])
    return VoteArrays(
        *battles, rng.integers(documents, size=n_votes), rng.integers(annotators, size=n_votes), n_systems
    )


def measure(votes: VoteArrays, shape: str, resamples: int, timings: Timings) -> None:
    """Time each stage, and all of them as a board calls them, with ranks and single-vote bounds."""

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        return timings.time(f"{shape} {stage}", work)

    timed("aggregation", lambda: aggregate(votes))
    strengths = timed("point fit", lambda: fit_bradley_terry(votes.wins()))
    draws = draw(np.random.default_rng(2), int(votes.document.max()) + 1, int(votes.annotator.max()) + 1, resamples)
    timed("bootstrap", lambda: bootstrap_strengths(votes, strengths, draws))
    anew = replace(votes)  # of which nothing is worked out yet
    timed("everything", lambda: rate(anew, seed=2, resamples=resamples))


def measure_peers(options: argparse.Namespace, timings: Timings) -> None:
    libraries = [*PEERS, *(FASTCHAT if options.fastchat_git else ())]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "peers.jsonl"
        command = [sys.executable, str(options.peers / "ranking.py"), str(options.votes), str(options.systems)]
        command += [",".join(libraries), "--python", options.python, "--repeat", "1", "--json", str(output)]
        command += ["--fastchat-git", options.fastchat_git] if options.fastchat_git else []
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for row in map(json.loads, output.read_text().splitlines()):
            if "work_s" in row:
                timings.add(row["which"], row["work_s"])
            else:
                print(f"{row['which']} was not measured: {row.get('error') or 'no end in time'}", flush=True)


def report(options: argparse.Namespace, timings: Timings) -> None:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(
        f"{options.votes:,} votes, {options.systems} systems, {options.resamples} resamples; "
        f"{cores} cores, load {load:.1f} at the end (anything else at work makes the numbers worse)"
    )
    for name in timings.seconds:
        seconds = ", ".join(f"{value:.2f}" for value in timings.seconds[name])
        print(f"  {name:<24} {timings.median(name):7.2f} s   ({seconds})")
    peers = [name for name in (*PEERS, *FASTCHAT) if len(timings.seconds.get(name, ())) == options.repeat]
    if ALL in timings.seconds:
        print(f"  {ALL} takes {timings.ratio(KEPT, ALL):.2f}x the time of {KEPT}")
    measured = [f"{shape} everything" for shape in options.shapes.split(",")]
    for name in [*measured, *([ROWS] if ROWS in timings.seconds else [])]:
        for peer in peers:
            print(f"  {peer} takes {timings.ratio(name, peer):.2f}x the time of {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--systems", type=int, default=100)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--shapes", default="2000x500,200x50", metavar="DxA,...")
    parser.add_argument("--peers", type=Path, metavar="FOLDER")
    parser.add_argument("--python", default=sys.executable, help="The interpreter that has the peers installed.")
    parser.add_argument("--fastchat-git", metavar="REPO")
    parser.add_argument(
        "--rows", metavar="URL", help="For example postgres://postgres@127.0.0.1:5432/postgres, or sqlite"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    timings = Timings()
    make = (lambda *size: peers_battles(options.peers, *size)) if options.peers else own_battles
    battles = make(options.votes, options.systems)
    for _ in range(options.repeat):
        for shape in options.shapes.split(","):
            measure(placed(battles, shape, options.systems), shape, options.resamples, timings)
        if options.peers:
            measure_peers(options, timings)
    if options.rows:
        measure_rows(
            options.rows, placed(battles, options.shapes.split(",")[0], options.systems), options.repeat, timings.add
        )
    report(options, timings)
    if options.json:
        options.json.write_text(json.dumps({"options": vars(options), "seconds": timings.seconds}, default=str) + "\n")


if __name__ == "__main__":
    main()
