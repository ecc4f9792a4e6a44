"""Simulate how often intervals of a metric's correlation with votes, over systems, hold the true one."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.intervals.designs import Design, Work
from benchmarks.intervals.draw import Studies, draw_studies, truth
from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.metric_trust import system_level
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.votes.arrays import FloatArray, OutcomeCode, VoteArrays
from stats.votes.tallies import Draws

RESAMPLES = 200
# How the metric's value of a summary differs from the system's true mean, whose spread over systems is 1.
OF_DOCUMENT, OF_SUMMARY, OF_TASTE = 1.0, 1.0, 0.5
# Correlation of the true means with the true ratings.
METRICS = {"perfect": 1.0, "good": 0.8, "weak": 0.3, "opposite": -0.6}

_EVEN = Design(3, 80, 14, 3, 3, taste_annotator=0.4, taste_document=0.7, gap=0.1)
# The interval was made on these, and judged on the others.
TUNING = [
    replace(_EVEN, documents=100, taste_annotator=0.5, taste_document=0.8),
    Design(10, 60, 6, 3, 2, taste_annotator=0.5, taste_document=0.8, gap=0.2),
    Design(5, 40, 4, 5, 3, taste_annotator=0.3, taste_document=0.6, gap=0.3),
    Design(30, 200, 8, 2, 2, taste_annotator=0.5, taste_document=0.8, gap=0.2),
    Design(4, 50, 3, 4, 2, taste_annotator=0.5, taste_document=0.8, gap=0.3),
]
HELD_OUT = [
    _EVEN,
    replace(_EVEN, gap=0.2, last_ahead=1.0),
    Design(2, 50, 6, 2, 3, taste_annotator=0.4, taste_document=0.7, gap=0.3),
    Design(3, 60, 5, 3, 2, taste_annotator=0.4, taste_document=0.7, gap=0.4),
    Design(6, 40, 3, 6, 1, taste_annotator=0.4, taste_document=0.7, gap=0.4),
    Design(6, 150, 4, 2, 1, taste_annotator=0.0, taste_document=0.0, gap=0.3),
    Design(8, 300, 8, 1, 2, taste_annotator=0.4, taste_document=0.7, gap=0.25),
    Design(12, 80, 6, 3, 2, Work.HEAVY, taste_annotator=0.4, taste_document=0.7, gap=0.3),
    Design(25, 120, 20, 3, 2, taste_annotator=0.4, taste_document=0.7, gap=0.1),
]

Bounds = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Row:
    """Hold, by coefficient, how many studies out of 100 have an interval that holds the truth, and its mean width.

    Attributes:
        true: The coefficients of the true values.
        before, now: Of percentiles of resamples, and of system_level; shape (2, 3).
        undefined: Studies without an interval, out of 100.
    """

    design: Design
    metric: str
    true: FloatArray
    before: FloatArray
    now: FloatArray
    undefined: float


def correlation_table(designs: list[Design], studies: int, seed: int) -> Iterator[str]:
    """Give a line for each design and metric."""
    cells = "  ".join(f"{name + ': before, now':>26s}" for name in COEFFICIENTS)
    yield f"{'covers in %, mean width':60s}{'true tau':>9s}  {cells}  undefined"
    for design in designs:
        for metric in METRICS:
            row = measure(design, metric, studies, seed)
            numbers = "  ".join(
                f"{row.before[0, i]:5.1f} ({row.before[1, i]:.2f}), {row.now[0, i]:5.1f} ({row.now[1, i]:.2f})"
                for i in range(len(COEFFICIENTS))
            )
            yield f"{design.name + ', ' + metric:60s}{row.true[0]:9.2f}  {numbers}  {row.undefined:5.1f} %"


def measure(design: Design, metric: str, studies: int, seed: int) -> Row:
    """Draw studies of a design in which a metric is so good, and count the intervals that hold the truth."""
    generator = np.random.default_rng([seed, zlib.crc32(f"{design.name}, {metric}".encode())])
    ratings = truth(design, 1 - np.eye(design.systems))
    means = true_means(ratings, METRICS[metric], generator)
    true = correlations(means[np.newaxis], ratings[np.newaxis])[:, 0]
    drawn = draw_studies(design, studies, generator)
    bounds: list[tuple[Bounds, Bounds]] = []
    for number in range(studies):
        votes = votes_of(drawn, number)
        values = metric_values(means, drawn.taste_document[number], generator)
        draws = draw(generator, design.documents, design.annotators, RESAMPLES)
        trust = system_level(votes, values, draws, seed + number)
        now = np.array([(trust[name].lower, trust[name].upper) for name in COEFFICIENTS]).T
        if not np.isnan(now).any():
            bounds.append((percentiles(votes, values, draws), (now[0], now[1])))
    undefined = 100 * (1 - len(bounds) / studies)
    before, after = (_judged([pair[i] for pair in bounds], true) for i in (0, 1))
    return Row(design, metric, true, before, after, undefined)


def _judged(bounds: list[Bounds], true: FloatArray) -> FloatArray:
    """Give coverage in % and mean width by coefficient, shape (2, 3)."""
    lower, upper = np.array(bounds).swapaxes(0, 1)
    close = 1e-9  # a coefficient that equals the end of its interval is held, whatever rounding says
    holds = (lower <= true + close) & (true <= upper + close)
    return np.stack([100 * holds.mean(axis=0), (upper - lower).mean(axis=0)])


def true_means(ratings: FloatArray, correlation: float, generator: np.random.Generator) -> FloatArray:
    """Draw means that have this correlation of Pearson with the ratings, exactly; mean 0, standard deviation 1."""
    standard = (ratings - ratings.mean()) / ratings.std()
    other = generator.standard_normal(len(ratings))
    other -= other.mean()
    other -= standard * (other @ standard) / len(ratings)
    return np.asarray(correlation * standard + np.sqrt(1 - correlation**2) * other / other.std())


def metric_values(means: FloatArray, taste: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Draw the metric's values, shape (n_systems, n_documents), which follow the documents' tastes in part."""
    documents = len(taste)
    of_document = generator.normal(0, OF_DOCUMENT, documents)
    of_summary = generator.normal(0, OF_SUMMARY, (len(means), documents))
    return np.asarray(means[:, np.newaxis] + OF_TASTE * taste.T + of_document + of_summary)


def votes_of(drawn: Studies, number: int) -> VoteArrays:
    """Give one study's votes."""
    share = drawn.share[number]
    outcome = np.where(share == 1, OutcomeCode.A, np.where(share == 0, OutcomeCode.B, OutcomeCode.TIE))
    columns = (drawn.document[number], drawn.annotator[number])
    return VoteArrays(drawn.a[number], drawn.b[number], outcome, *columns, drawn.design.systems)


def percentiles(votes: VoteArrays, values: FloatArray, draws: Draws) -> Bounds:
    """Give the intervals of before: percentiles over resamples of documents and annotators."""
    human = bootstrap_strengths(votes, fit_bradley_terry(votes.wins()), draws)
    whole = ~np.isnan(human).any(axis=1)
    means = draws.documents[whole] @ values.T / values.shape[1]
    return percentile_interval(correlations(means, human[whole]).T)
