"""Compare our ratings and single-vote intervals with those of arena-rank, on the same random votes.

    python -m benchmarks.arena_rank --python PYTHON [--votes 100000] [--systems 20] [--seed 1]

PYTHON is an interpreter that can import arena_rank: run `pip install arena-rank` in a separate environment, because it
needs JAX, which this project does not use. The exit status is 1 if a rating differs by more than 1e-4 in log-odds, or
the half width of an interval by more than one in a thousand.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.sandwich import interval, sandwich_covariance
from stats.votes.arrays import FloatArray, OutcomeCode, VoteArrays

WINNERS = {
    OutcomeCode.A: "model_a",
    OutcomeCode.B: "model_b",
    OutcomeCode.TIE: "tie",
    OutcomeCode.BOTH_BAD: "both_bad",
}
MOST_LOG_ODDS, MOST_RELATIVE = 1e-4, 1e-3
THEIRS = """
import json, sys
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset

data = PairDataset.from_pandas(pd.read_csv(sys.argv[1]))
found = BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)
columns = zip(found["competitors"], found["ratings"], found["rating_lower"], found["rating_upper"])
print(json.dumps({name: [float(r), float(low), float(high)] for name, r, low, high in columns}))
"""


@dataclass(frozen=True)
class Differences:
    """How far two sets of ratings are apart.

    Attributes:
        log_odds: Largest difference of a rating in log-odds, after both means were set to 0.
        relative: Largest relative difference of an interval's half width.
    """

    log_odds: float
    relative: float

    @property
    def agree(self) -> bool:
        return self.log_odds <= MOST_LOG_ODDS and self.relative <= MOST_RELATIVE


def drawn_votes(n_votes: int, n_systems: int, seed: int) -> VoteArrays:
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 1, n_systems)
    a = rng.integers(n_systems, size=n_votes)
    b = (a + rng.integers(1, n_systems, size=n_votes)) % n_systems
    won = rng.random(n_votes) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    tied = rng.choice([OutcomeCode.TIE, OutcomeCode.BOTH_BAD], n_votes)
    outcome = np.where(rng.random(n_votes) < 0.2, tied, np.where(won, OutcomeCode.A, OutcomeCode.B)).astype(np.int64)
    same_for_all = np.zeros(n_votes, dtype=np.int64)
    return VoteArrays(a, b, outcome, same_for_all, same_for_all, n_systems)


def theirs(votes: VoteArrays, python: str) -> FloatArray:
    """Rate the votes with arena-rank; return rating, lower and upper bound by system, shape (n, 3), in points."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["model_a", "model_b", "winner"])
            columns = (votes.system_a.tolist(), votes.system_b.tolist(), votes.outcome.tolist())
            rows.writerows((f"m{a}", f"m{b}", WINNERS[OutcomeCode(o)]) for a, b, o in zip(*columns, strict=True))
        done = subprocess.run([python, "-c", THEIRS, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python} could not run arena-rank: {done.stderr[-500:]}")
    ratings = json.loads(done.stdout.splitlines()[-1])
    return np.array([ratings[f"m{i}"] for i in range(votes.n_systems)])


def compare(votes: VoteArrays, python: str) -> Differences:
    strengths = fit_bradley_terry(votes.wins())
    lower, upper = interval(strengths, sandwich_covariance(votes, strengths))
    peer = theirs(votes, python) / SCALE
    apart = strengths - (peer[:, 0] - peer[:, 0].mean())
    wide = (peer[:, 2] - peer[:, 1]) / (upper - lower)
    return Differences(float(np.abs(apart).max()), float(np.abs(wide - 1).max()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    parser.add_argument("--votes", type=int, default=100_000)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    differences = compare(drawn_votes(options.votes, options.systems, options.seed), options.python)
    print(f"{options.votes:,} votes, {options.systems} systems, a fifth ties or both bad")
    print(f"ratings differ by at most {differences.log_odds:.1e} in log-odds (allowed {MOST_LOG_ODDS:.0e})")
    print(f"half widths differ by at most {differences.relative:.1e} of themselves (allowed {MOST_RELATIVE:.0e})")
    sys.exit(0 if differences.agree else 1)


if __name__ == "__main__":
    main()
