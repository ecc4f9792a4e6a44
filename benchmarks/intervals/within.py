"""Simulate how often intervals of a metric's agreement with votes, within documents and vote by vote, hold the truth.

The truth is the mean over many studies of the same size: few votes a document blur its order of people, and the
interval is for as many votes as there are.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.intervals.correlations import METRICS, RESAMPLES, metric_values, true_means, votes_of
from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import draw_studies, strengths_of, truth
from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.interval import LEAST_SYSTEMS
from stats.metrics.metric_trust import summary_level, vote_accuracy
from stats.uncertainty.bootstrap import draw, percentile_interval
from stats.votes.arrays import FloatArray, VoteArrays

FIGURES = (*COEFFICIENTS, "accuracy")
TRUTH_STUDIES = 4  # times the studies whose intervals are judged
# Designs that no choice was made on; in those of AGREEING people and the metric agree most on a document.
HELD_OUT = [
    Design(3, 80, 8, 3, 3, taste_annotator=0.4, taste_document=0.7),
    Design(2, 50, 6, 2, 5, taste_annotator=0.4, taste_document=0.7),
    Design(3, 60, 5, 3, 4, taste_annotator=0.8, taste_document=0.5, gap=0.4),
    Design(6, 40, 3, 6, 3, taste_annotator=0.4, taste_document=0.7, gap=0.4),
    Design(8, 150, 6, 1, 4, taste_annotator=0.4, taste_document=0.7),
    Design(5, 100, 5, 5, 10, taste_annotator=0.0, taste_document=0.5, gap=0.8),
]
AGREEING = [
    Design(5, 30, 4, 5, 6, taste_annotator=0.5, taste_document=0.5, gap=1.2),
    Design(8, 200, 4, 8, 4, taste_annotator=0.2, taste_document=1.0, gap=1.0),
    Design(20, 150, 3, 10, 2, taste_annotator=0.2, taste_document=1.0, gap=0.5),
]
# A metric that sees all of a summary that people see.
EXACT, BLUR = "exact", 0.1
SHOWN = [*((design, "good") for design in HELD_OUT), *((design, EXACT) for design in AGREEING)]


@dataclass(frozen=True)
class WithinRow:
    """Hold what intervals do, by figure, shape (4,); before is of percentiles of resamples, for kendall alone.

    Attributes:
        true: The mean over many studies.
        covers, width: Share of intervals that hold it in %, and their mean width.
        covers_before, width_before, left_out: The same of percentiles, and in how many of 100 studies these leave out
            their own estimate.
    """

    true: FloatArray
    covers: FloatArray
    width: FloatArray
    covers_before: float
    width_before: float
    left_out: float


def within_table(rows: list[tuple[Design, str]], studies: int, seed: int) -> Iterator[str]:
    """Give a line for each design and metric."""
    cells = "  ".join(f"{name:>20s}" for name in FIGURES)
    yield f"{'true, covers in %, mean width':60s}  {cells}   tau of percentiles, own estimate left out"
    for design, metric in rows:
        row = measure(design, metric, studies, seed)
        numbers = "  ".join(
            f"{row.true[i]:6.2f} {row.covers[i]:6.1f} ({row.width[i]:.2f})" for i in range(len(FIGURES))
        )
        before = f"{row.covers_before:6.1f} ({row.width_before:.2f}) {row.left_out:5.1f} %"
        yield f"{design.name + ', ' + metric:60s}  {numbers}  {before}"


def measure(design: Design, metric: str, studies: int, seed: int) -> WithinRow:
    """Draw studies of a design in which a metric is so good, and count the intervals that hold the truth."""
    generator = np.random.default_rng([seed, zlib.crc32(f"within, {design.name}, {metric}".encode())])
    means = true_means(truth(design, 1 - np.eye(design.systems)), METRICS.get(metric, 1.0), generator)
    drawn = draw_studies(design, (1 + TRUTH_STUDIES) * studies, generator)
    found, before = [], []
    for number in range((1 + TRUTH_STUDIES) * studies):
        votes = votes_of(drawn, number)
        taste = drawn.taste_document[number]
        values = _exact(design, taste, generator) if metric == EXACT else metric_values(means, taste, generator)
        found.append(_numbers(votes, values))
        if number < studies:
            before.append(percentiles(votes, values, generator))
    estimates, lower, upper = np.array(found).transpose(1, 0, 2)
    true = np.nanmean(estimates, axis=0)
    judged = slice(0, studies)
    holds = (lower[judged] <= true) & (true <= upper[judged])
    low, high = np.array(before).T
    return WithinRow(
        true=true,
        covers=100 * holds.mean(axis=0),
        width=np.nanmean(upper[judged] - lower[judged], axis=0),
        covers_before=100 * float(((low <= true[0]) & (true[0] <= high)).mean()),
        width_before=float(np.nanmean(high - low)),
        left_out=100 * float(((estimates[judged, 0] < low) | (estimates[judged, 0] > high)).mean()),
    )


def _exact(design: Design, taste: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Draw the values of a metric that sees what people see, shape (n_systems, n_documents)."""
    return np.asarray(strengths_of(design)[:, np.newaxis] + taste.T + generator.normal(0, BLUR, taste.T.shape))


def _numbers(votes: VoteArrays, values: FloatArray) -> list[list[float]]:
    """Give estimates, lower and upper bounds by figure."""
    trust = summary_level(votes, values)
    rows = [*(trust[name] for name in COEFFICIENTS), vote_accuracy(votes, values)[0]]
    return [[row.value for row in rows], [row.lower for row in rows], [row.upper for row in rows]]


def percentiles(votes: VoteArrays, metric: FloatArray, generator: np.random.Generator) -> tuple[float, float]:
    """Give the interval of Kendall's tau within documents of before: percentiles over resamples of both units."""
    n, documents = metric.shape
    people = int(votes.annotator.max()) + 1
    draws = draw(generator, documents, people, RESAMPLES)
    won, counts = np.zeros((2, people, documents * n))
    for system, share in ((votes.system_a, votes.a_share), (votes.system_b, 1 - votes.a_share)):
        np.add.at(won, (votes.annotator, votes.document * n + system), share)
        np.add.at(counts, (votes.annotator, votes.document * n + system), 1)
    won, counts = draws.annotators @ won, draws.annotators @ counts
    rates = np.where(counts > 0, won / np.where(counts > 0, counts, 1), np.nan).reshape(-1, n)
    tau = correlations(np.tile(metric.T, (RESAMPLES, 1)), rates)[0]
    tau[(~np.isnan(rates)).sum(axis=1) < LEAST_SYSTEMS] = np.nan
    tau = tau.reshape(RESAMPLES, documents)
    times = np.where(np.isnan(tau), 0, draws.documents)
    total = times.sum(axis=1)
    drawn = np.where(total > 0, (np.nan_to_num(tau) * times).sum(axis=1) / np.where(total > 0, total, 1), np.nan)
    lower, upper = percentile_interval(drawn[:, np.newaxis])
    return float(lower[0]), float(upper[0])
