"""Simulate how often a board's 95 % interval holds the truth where few annotators gave the votes.

    python -m benchmarks.raters.few_raters [--repeats 150] [--resamples 300] [--processes 2]

Two systems; every annotator and every document has a taste for each of them, normally distributed with the standard
deviations shown, in log-odds. The truth is what infinitely many annotators and documents would give. A row shows the
share of studies in which the interval of the first system holds the truth, the median width of that interval in points,
and the share of studies without an interval. stats/votes/least.py rests on this: documents enter as annotators do.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np

from stats.ratings.ratings import MEAN_RATING, rate
from stats.strengths.bradley_terry import SCALE
from stats.votes.arrays import OutcomeCode, VoteArrays, renumbered

GAP = 0.4  # log-odds
NODES = 80
# (annotators, documents, votes)
DESIGNS = ((1, 40, 40), (2, 10, 20), (2, 20, 40), (2, 40, 80), (3, 7, 20), (3, 10, 30), (5, 5, 25))
TASTES = (0.6, 1.0)
Design = tuple[int, int, int]


def study(design: Design, taste: float, rng: np.random.Generator) -> VoteArrays:
    """Draw votes, each of another annotator and document."""
    annotators, documents, n = design
    by_annotator, by_document = (rng.normal(0, taste, (units, 2)) for units in (annotators, documents))
    document, annotator = np.divmod(rng.permutation(annotators * documents)[:n], annotators)
    liking = by_annotator[annotator] + by_document[document]
    wins = rng.random(n) < 1 / (1 + np.exp(-(GAP + liking[:, 0] - liking[:, 1])))
    outcome = np.where(wins, OutcomeCode.A, OutcomeCode.B).astype(np.int64)
    a, b = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    return VoteArrays(a, b, outcome, renumbered(document), renumbered(annotator), 2)


def truth(taste: float) -> float:
    """Give the rating of the first system less the mean, averaged over all tastes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    chance = (weights / (1 + np.exp(-(GAP + 2 * taste * nodes)))).sum() / weights.sum()
    return float(SCALE * np.log(chance / (1 - chance)) / 2)


def run(design: Design, taste: float, seed: int, resamples: int) -> tuple[float, float]:
    """Return whether the interval of one study holds the truth, and its width; NaN where there is none."""
    ratings = rate(study(design, taste, np.random.default_rng([seed, *design])), seed=seed, resamples=resamples)
    lower, upper = ratings.lower[0] - MEAN_RATING, ratings.upper[0] - MEAN_RATING
    return (np.nan if np.isnan(lower) else float(lower <= truth(taste) <= upper)), float(upper - lower)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=150)
    parser.add_argument("--resamples", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print("annotators  documents  votes  taste  covers  width  no interval", flush=True)
    n = options.repeats
    with ProcessPoolExecutor(options.processes) as pool:
        for design, taste in product(DESIGNS, TASTES):
            figures = np.array(
                list(pool.map(run, [design] * n, [taste] * n, range(n), [options.resamples] * n, chunksize=10))
            )
            covers, width = np.nanmean(figures[:, 0]), np.nanmedian(figures[:, 1])
            without = np.isnan(figures[:, 0]).mean()
            print("{:10d} {:10d} {:6d}".format(*design), f"{taste:6.1f} {covers:7.1%} {width:6.0f} {without:12.0%}")


if __name__ == "__main__":
    main()
