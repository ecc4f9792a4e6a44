"""Simulate the studies that a new study's forecast rests on, and keep where the ends of their intervals lie.

    python -m benchmarks.intervals.decisions.power_table [--studies 400] [--minutes 4] [--out FILE]

Each line of the file is a design: how alike people judge, annotators, documents, votes on each document, and quantiles
of both ends of the interval less the true share, which is one half; -1 and 1 stand for a study without an interval. A
file that has some of the designs is completed, so a run may be ended at any time. stats/decisions/forecast.py reads
between the designs. The seed of a design is its number. All of them took 18 minutes of one core.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from annotations.drafting.forecast import ALIKE, PATH
from stats.decisions.forecast import LEVELS
from stats.decisions.power import VotingDesign, simulate_bounds

DOCUMENTS = (5, 10, 20, 40, 80, 160, 320)
VOTES = {3: (1, 2, 3), 5: (1, 2, 3, 5), 10: (1, 3, 5, 10), 20: (1, 3, 10, 20)}
SHARE = 0.5


def designs() -> list[dict[str, Any]]:
    """List all designs; the place of one is its seed."""
    return [
        {"alike": alike, "annotators": annotators, "documents": documents, "votes_per_document": votes}
        for alike, annotators, documents in product(ALIKE, VOTES, DOCUMENTS)
        for votes in VOTES[annotators]
    ]


def line(design: dict[str, Any], seed: int, studies: int) -> dict[str, Any]:
    sizes = {name: value for name, value in design.items() if name != "alike"}
    bounds = simulate_bounds(
        VotingDesign(**sizes), ALIKE[design["alike"]].tastes, SHARE, studies=studies, seed=seed, enforce_least=False
    )
    return design | {
        "studies": studies,
        "lower": quantiles(np.where(np.isnan(bounds.lower), -1, bounds.lower - SHARE)),
        "upper": quantiles(np.where(np.isnan(bounds.upper), 1, bounds.upper - SHARE)),
    }


def quantiles(ends: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in np.quantile(ends, LEVELS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, default=PATH)
    options = parser.parse_args()
    begun = time.monotonic()
    done = len(options.out.read_text().splitlines()) if options.out.exists() else 0
    for seed, design in list(enumerate(designs()))[done:]:
        if time.monotonic() - begun > 60 * options.minutes:
            break
        with options.out.open("a") as file:
            file.write(json.dumps(line(design, seed, options.studies)) + "\n")
    print(f"{len(options.out.read_text().splitlines())} of {len(designs())} designs")


if __name__ == "__main__":
    main()
