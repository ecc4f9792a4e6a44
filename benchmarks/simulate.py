"""Simulate how often 95 % intervals hold the truth, and how wide they are, over a grid of designs.

    python -m benchmarks.simulate [--designs held-out|tuning] [--studies 1000] [--seed 1] [--json FILE]
    python -m benchmarks.simulate --boards N | --stopping N | --comparisons N | --planning N [--seed 1]

A row is a design. For each candidate it shows the share of intervals that hold the truth, over all systems and
differences, the same of the one that holds it least often, and the mean width over the ideal: the width that 95 % need
where the spread of the estimates is known, taken from the simulated studies themselves. The interval was chosen on the
tuning designs; docs/statistics.md shows the held-out ones. --boards N has boards rate N studies of each of some
designs: the share in which intervals hold, all hold at once, and all ranks left open hold.

--stopping N watches N studies of each design while votes come in: in how many a rule stops though there is no
difference (up to 5 %, by its promise), and how soon it finds one that there is. --comparisons N draws N studies whose
compact systems are all exactly at the margin: in how many one is called not inferior (up to 2.5 %), a pair named
beforehand, the best by its own interval, the best by the board's, and any of the table of all pairs; and in how many a
pair that is exactly at the margin, on either side, is called equivalent. --planning N draws N pilots of each design,
and N studies of the size that planning names: in how many the board's rule tells the two apart (80 %, by its promise),
and in how many pilots the interval of that size holds it (80 %).

One process; with OMP_NUM_THREADS=1 a design of 1,000 studies takes a few seconds.
"""

import argparse
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals.boards import board_row, board_table
from benchmarks.intervals.candidates import CANDIDATES
from benchmarks.intervals.comparisons import comparison_table, equivalence_table
from benchmarks.intervals.designs import HELD_OUT, TOGETHER, TUNING, Design
from benchmarks.intervals.draw import draw_studies, truth
from benchmarks.intervals.moments import Moments, contrasts, moments_of
from benchmarks.intervals.planning import planning_table
from benchmarks.intervals.stopping import HELD_OUT as WATCHED
from benchmarks.intervals.stopping import LEADS, stopping_table
from benchmarks.intervals.stopping import TUNING as WATCHED_TUNING

NORMAL = 1.959964
NUMBERS_AT_ONCE = 4_000_000


def batches(design: Design, studies: int, seed: int) -> Iterator[Moments]:
    """Draw studies in batches that fit into memory."""
    rng = np.random.default_rng([seed, zlib.crc32(design.name.encode())])
    largest = max(design.documents * design.annotators, 2 * design.votes * design.systems)
    size = max(1, NUMBERS_AT_ONCE // largest)
    for begin in range(0, studies, size):
        yield moments_of(draw_studies(design, min(size, studies - begin), rng))


def measure(design: Design, studies: int, seed: int) -> dict[str, Any]:
    """Give coverage in % and width over the ideal by candidate."""
    estimates, games, found = [], np.zeros((design.systems, design.systems)), {name: [] for name in CANDIDATES}
    for moments in batches(design, studies, seed):
        estimates.append(moments.estimate)
        games += moments.games
        for name, candidate in CANDIDATES.items():
            found[name].append(candidate(moments, design.systems))
    estimate = np.concatenate(estimates)
    off = np.abs(estimate - contrasts(design.systems)[0] @ truth(design, games))
    ideal = NORMAL * estimate.std(axis=0)
    by_candidate = {}
    for name, parts in found.items():
        reach = np.concatenate(parts)
        covers = 100 * (off <= reach).mean(axis=0)
        by_candidate[name] = {
            "covers": float(covers.mean()),
            "least": float(covers.min()),
            "width": float((reach.mean(axis=0) / ideal).mean()),
        }
    return {"design": design.name, "studies": studies, **by_candidate}


def line(row: dict[str, Any]) -> str:
    cells = (f"{row[name]['covers']:5.1f} {row[name]['least']:3.0f} {row[name]['width']:5.2f}" for name in CANDIDATES)
    return f"{row['design']:62s}" + "  ".join(cells)


def header() -> str:
    return f"{'covers in %, the least of all, width / ideal':62s}" + "  ".join(f"{name:>15s}" for name in CANDIDATES)


def other_lines(options: argparse.Namespace) -> Iterator[str]:
    """Give the table that is asked for in place of that of intervals."""
    if options.boards:
        yield board_table()
        yield from (board_row(design, options.boards, options.seed) for design in TOGETHER)
    if options.stopping:
        watched = WATCHED_TUNING if options.designs == "tuning" else [*WATCHED, *LEADS]
        yield from stopping_table(watched, options.stopping, options.seed)
    if options.comparisons:
        yield from comparison_table(options.comparisons, options.seed)
        yield from equivalence_table(options.comparisons, options.seed)
    if options.planning:
        yield from planning_table(options.planning, options.seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", choices=("held-out", "tuning"), default="held-out")
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--boards", type=int, default=0, metavar="N")
    parser.add_argument("--stopping", type=int, default=0, metavar="N")
    parser.add_argument("--comparisons", type=int, default=0, metavar="N")
    parser.add_argument("--planning", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    if options.boards or options.stopping or options.comparisons or options.planning:
        for text in other_lines(options):
            print(text, flush=True)
        return
    print(header(), flush=True)
    for design in TUNING if options.designs == "tuning" else HELD_OUT:
        rows.append(measure(design, options.studies, options.seed))
        print(line(rows[-1]), flush=True)
    if options.json:
        options.json.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
