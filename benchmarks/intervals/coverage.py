"""Simulate how often 95 % intervals cover the truth, in studies drawn from known strengths and varying tastes.

    python -m benchmarks.intervals.coverage [--repeats 500] [--seed 1] [--processes 2]

Every annotator judges every document: all six pairs of four systems, or one pair drawn at random. In addition to the
systems' strengths, each annotator and each document has a normally distributed taste for each system, with the standard
deviations shown, in log-odds. The truth is the strength that infinitely many annotators and documents would give. A row
shows the share of studies in which a system's interval contains the truth, averaged over the systems, and the width of
the interval in points, for these intervals:

- board: the board's interval.
- single votes: the sandwich that treats all votes as independent, as most arenas publish it.
- votes alone, helped: the same from the votes alone; and with the help of a metric (PPI++,
  cross-fitted) that sees the document's taste with noise of the same size, on 200 more documents without votes. "wider"
  is the largest ratio of the helped interval's width to that of the votes alone; "extra" is the number of extra
  effective votes as a share of the votes.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from stats.metrics.metric_model import cross_predict
from stats.ratings.prediction_powered import PoweredRatings, Predictions, powered_ratings
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.sandwich import interval, sandwich_covariance
from stats.votes.arrays import BoolArray, FloatArray, OutcomeCode, VoteArrays

STRENGTHS = np.array([0.8, 0.3, -0.2, -0.9])
PAIRS = np.array(list(combinations(range(len(STRENGTHS)), 2)))
OTHER_DOCUMENTS = 200
INTERVALS = ("board", "single votes", "votes alone", "helped")
NODES = 80


@dataclass(frozen=True)
class Setting:
    """The design of the simulated studies.

    Attributes:
        annotator: Standard deviation of the annotators' tastes, in log-odds.
        document: Standard deviation of the documents' tastes, in log-odds.
        pairs: How many pairs each annotator judges of each document.
        annotators: Number of annotators.
        documents: Number of documents with votes.
    """

    annotator: float
    document: float
    pairs: int
    annotators: int = 5
    documents: int = 40


SETTINGS = (
    Setting(0.3, 0.6, 6),
    Setting(0.6, 0.6, 6),
    Setting(1.0, 0.3, 6),
    Setting(0.6, 0.6, 1),
    Setting(0.0, 0.0, 6),
    Setting(0.3, 1.5, 1, annotators=20),
)


@dataclass(frozen=True)
class StudyCoverage:
    """The result of one simulated study.

    Attributes:
        covers: Whether the interval contains the truth, shape (intervals, systems).
        width: Width of the interval in points, same shape.
        extra: Extra effective votes as a share of the votes.
    """

    covers: BoolArray
    width: FloatArray
    extra: float


@cache
def truth(setting: Setting) -> FloatArray:
    """Fit strengths to the chances averaged over all tastes; the difference of two tastes has twice their variance."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    spread = np.sqrt(2 * (setting.annotator**2 + setting.document**2))
    wins = np.zeros((len(STRENGTHS), len(STRENGTHS)))
    for i, j in PAIRS:
        chance = (weights / (1 + np.exp(-(STRENGTHS[i] - STRENGTHS[j] + spread * nodes)))).sum() / weights.sum()
        wins[i, j], wins[j, i] = 1e6 * chance, 1e6 * (1 - chance)
    return fit_bradley_terry(wins)


def study(setting: Setting, rng: np.random.Generator) -> tuple[VoteArrays, FloatArray]:
    """Draw votes, and the taste of every document; documents without votes come last."""
    n = len(STRENGTHS)
    by_annotator = rng.normal(0, setting.annotator, (setting.annotators, n))
    by_document = rng.normal(0, setting.document, (setting.documents + OTHER_DOCUMENTS, n))
    chosen = rng.random((setting.annotators, setting.documents, len(PAIRS))).argsort(axis=2) < setting.pairs
    annotator, document, pair = np.nonzero(chosen)
    a, b = PAIRS[pair].T
    liking = STRENGTHS + by_annotator[annotator] + by_document[document]
    row = np.arange(len(a))
    a_wins = rng.random(len(a)) < 1 / (1 + np.exp(liking[row, b] - liking[row, a]))
    outcome = np.where(a_wins, OutcomeCode.A, OutcomeCode.B).astype(np.int64)
    return VoteArrays(a, b, outcome, document, annotator, n), by_document


def metric(setting: Setting, taste: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw a metric's value by document and system: what people like, plus a bias and noise as large as the tastes."""
    bias = np.array([0.0, 0.3, 0.0, -0.3])
    return STRENGTHS + bias + taste + rng.normal(0, max(setting.document, 0.3), taste.shape)


def run(setting: Setting, seed: int) -> StudyCoverage:
    rng = np.random.default_rng([seed, *(int(100 * v) for v in (setting.annotator, setting.document, setting.pairs))])
    votes, taste = study(setting, rng)
    strengths = fit_bradley_terry(votes.wins())
    reach = np.diag(precision(votes, strengths).reach())
    powered = helped(setting, votes, metric(setting, taste, rng), seed)
    bounds = np.array(
        [
            (strengths - reach, strengths + reach),
            interval(strengths, sandwich_covariance(votes, strengths)),
            (powered.classical_lower, powered.classical_upper),
            (powered.lower, powered.upper),
        ]
    )
    true = truth(setting)
    covers = (bounds[:, 0] <= true) & (true <= bounds[:, 1])
    extra = float((powered.effective / len(votes) - 1).mean())
    return StudyCoverage(covers, SCALE * (bounds[:, 1] - bounds[:, 0]), extra)


def helped(setting: Setting, votes: VoteArrays, values: FloatArray, seed: int) -> PoweredRatings:
    pair, unit = np.meshgrid(np.arange(len(PAIRS)), np.arange(setting.documents, len(values)))
    a, b = PAIRS[pair.ravel()].T
    other = unit.ravel()
    own, told = cross_predict(
        (values[votes.document, votes.system_a] - values[votes.document, votes.system_b])[:, np.newaxis],
        votes.a_share,
        votes.weights,
        votes.document,
        (values[other, a] - values[other, b])[:, np.newaxis],
        seed=seed,
    )
    return powered_ratings(votes, own, Predictions(a, b, told, other))


def report(setting: Setting, outcomes: list[StudyCoverage]) -> str:
    covers = np.mean([outcome.covers for outcome in outcomes], axis=(0, 2))
    widths = np.mean([outcome.width for outcome in outcomes], axis=(0, 2))
    wider = max((outcome.width[3] / outcome.width[2]).max() for outcome in outcomes)
    extra = np.mean([outcome.extra for outcome in outcomes])
    cells = "  ".join(f"{100 * c:5.1f} {w:5.0f}" for c, w in zip(covers, widths, strict=True))
    tastes = f"{setting.annotators:3d} x {setting.documents}  {setting.annotator:.1f} {setting.document:.1f}"
    return f"{tastes}  {setting.pairs}   {cells}  {wider:6.3f}  {extra:5.0%}"


def header() -> Iterator[str]:
    yield "annotators    taste of                 coverage in %, and width in points"
    yield "x documents   ann doc  pairs  " + "  ".join(f"{name:>11s}" for name in INTERVALS) + "   wider  extra"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print(*header(), sep="\n", flush=True)
    with ProcessPoolExecutor(options.processes) as pool:
        for setting in SETTINGS:
            seeds = range(options.seed * 1_000_000, options.seed * 1_000_000 + options.repeats)
            n = len(seeds)
            outcomes = list(pool.map(run, [setting] * n, seeds, chunksize=10))
            print(report(setting, outcomes), flush=True)


if __name__ == "__main__":
    main()
