"""Compare a metric's values of summaries with the errors that people marked in them, over systems and within documents.

As stats/metrics/metric_trust.py compares them with votes: what is better with what has fewer errors.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.interval import LEAST_SYSTEMS, Interval, undefined_correlations
from stats.metrics.metric_trust import means_of
from stats.metrics.noisy_correlation import NoisyValues, intervals, quasi_variances
from stats.metrics.within_documents import correlate_within_documents
from stats.uncertainty.bootstrap import draw
from stats.uncertainty.calibrated import OWN, variances
from stats.uncertainty.two_way import UnitSums, cells, two_way
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError, renumbered
from stats.votes.tallies import Draws, units

TOO_FEW_SYSTEMS = "fewer than three systems have summaries that were read for errors and have a value"
CONSTANT = "all systems have the same value, or as many errors"
# Fewer documents with an order say little of how far documents differ.
LEAST_DOCUMENTS = 5
NO_ORDER = "no document has three summaries or more that differ in errors and in the value"
ONE_DOCUMENT = "all summaries are of one document: nothing shows how far documents differ"


@dataclass(frozen=True)
class ErrorCounts:
    """Hold how many errors each reader marked in each summary that they read, shape (n,).

    Attributes:
        errors: At least 0.
        system, document, annotator: Index of each.
    Raises:
        InvalidVotesError: Shapes differ, or a count is below 0.
    """

    errors: FloatArray
    system: IntArray
    document: IntArray
    annotator: IntArray

    def __post_init__(self) -> None:
        if len({c.shape for c in (self.errors, self.system, self.document, self.annotator)}) != 1:
            raise InvalidVotesError("errors, system, document and annotator must have one shape (n,).")
        if (self.errors < 0).any():
            raise InvalidVotesError("Nobody marks fewer than 0 errors.")

    def __len__(self) -> int:
        return len(self.errors)


@dataclass(frozen=True)
class ValueTrust:
    """Hold how far a metric goes with few errors, by coefficient (see COEFFICIENTS).

    Attributes:
        system: Correlation over systems of fewer errors a summary with the means of the metric.
        summary: Correlation over the systems of a document of fewer errors with the metric's values, as the mean over
            the documents that have a coefficient.
        n_systems, n_documents, n_readings: What was compared.
    """

    system: dict[str, Interval]
    summary: dict[str, Interval]
    n_systems: int
    n_documents: int
    n_readings: int


def value_trust(counts: ErrorCounts, metric: FloatArray, *, seed: int, resamples: int = 1000) -> ValueTrust:
    """Compare a metric with error counts; summaries without a value are left out.

    Args:
        counts: Readings; systems and documents are indexes into the metric.
        metric: Shape (n_systems, n_documents), higher is better; NaN where there is no value.
        seed: Of the intervals.
        resamples: Of documents and readers.
    Source:
        As metric_trust: levels by Louis and Nenkova (2013), intervals over systems for the errors that endless
        documents would show (noisy_correlation.intervals). How well they hold: benchmarks/marks/seeing.py.
    """
    compact, values = _with_values(counts, metric)
    n_systems, n_documents = values.shape
    draws = draw(np.random.default_rng(seed), max(1, n_documents), max(1, units(compact.annotator)), resamples)
    return ValueTrust(
        _system_level(compact, values, draws, seed),
        _summary_level(compact, values),
        n_systems,
        n_documents,
        len(compact),
    )


def _with_values(counts: ErrorCounts, metric: FloatArray) -> tuple[ErrorCounts, FloatArray]:
    """Keep readings of summaries with values, and the values of their systems and documents, all renumbered."""
    valued = ~np.isnan(metric[counts.system, counts.document])
    system, document = counts.system[valued], counts.document[valued]
    read = np.zeros(metric.shape, dtype=np.bool_)
    read[system, document] = True
    kept = np.where(read, metric, np.nan)[np.ix_(np.unique(system), np.unique(document))]
    units_of = (renumbered(system), renumbered(document), renumbered(counts.annotator[valued]))
    return ErrorCounts(counts.errors[valued], *units_of), kept


def _system_level(counts: ErrorCounts, metric: FloatArray, draws: Draws, seed: int) -> dict[str, Interval]:
    if len(metric) < LEAST_SYSTEMS:
        return undefined_correlations(TOO_FEW_SYSTEMS)
    once = Draws(np.ones((1, metric.shape[1])), np.ones((1, 1)))
    better, means = _better(counts, metric.shape, once)[0], means_of(metric, once.documents)[0]
    values = correlations(means[np.newaxis], better[np.newaxis])[:, 0].tolist()
    if np.isnan(values).all():
        return undefined_correlations(CONSTANT)
    if metric.shape[1] < 2:
        return {name: _point(value, ONE_DOCUMENT) for name, value in zip(COEFFICIENTS, values, strict=True)}
    lower, upper = intervals(_noisy_values(counts, metric, draws, better), seed)
    rows = zip(COEFFICIENTS, values, lower.tolist(), upper.tolist(), strict=True)
    return {name: Interval(value, low, high) for name, value, low, high in rows}


def _point(value: float, reason: str) -> Interval:
    return Interval(value, np.nan, np.nan, CONSTANT if np.isnan(value) else "", reason)


def _better(counts: ErrorCounts, shape: tuple[int, ...], draws: Draws) -> FloatArray:
    """Give each system's mean errors a summary, the sign turned, a document counting as often as drawn; (r, n)."""
    place = (counts.system, counts.document)
    errors, readings = (np.zeros(shape) for _ in range(2))
    np.add.at(errors, place, counts.errors)
    np.add.at(readings, place, 1)
    read = draws.documents @ readings.T
    return np.where(read > 0, -(draws.documents @ errors.T) / np.maximum(read, 1), np.nan)


def _noisy_values(counts: ErrorCounts, metric: FloatArray, draws: Draws, better: FloatArray) -> NoisyValues:
    """Give errors and means with the sizes of their own errors, as metric_trust does for ratings."""
    n, documents = metric.shape
    drawn = np.hstack([_better(counts, metric.shape, draws), means_of(metric, draws.documents)])
    together = np.cov(drawn[~np.isnan(drawn).any(axis=1)].T)
    crossed = (together[:n, n:] + together[n:, :n]) / 2
    own = np.diag(crossed)
    variance, freedom = _of_differences(counts, n)
    return NoisyValues(
        ratings=better,
        means=means_of(metric, np.ones((1, documents)))[0],
        rating_variance=quasi_variances(variance),
        mean_variance=quasi_variances(variances(together[n:, n:])) * documents / (documents - 1),
        covariance=quasi_variances(own[:, np.newaxis] + own[np.newaxis, :] - 2 * crossed),
        # Of the variance as a whole: what is a system's own in each is seen once for every system.
        freedom=freedom * (OWN**2 * (n - 1) + 1 - OWN**2),
    )


def _of_differences(counts: ErrorCounts, n: int) -> tuple[FloatArray, float]:
    """Give the variance of the difference in mean errors of each two systems, and their typical degrees of freedom."""
    readings = np.bincount(counts.system, minlength=n)
    means = np.bincount(counts.system, counts.errors, minlength=n) / readings
    # Half an error more: systems without any are not sure to make none.
    model = (np.bincount(counts.system, counts.errors, minlength=n) + 0.5) / readings**2
    off, weight = (counts.errors - means[counts.system]) / readings[counts.system], 0.5 / readings[counts.system]
    cell = cells(counts.document, counts.annotator)
    found, freedom = np.zeros((n, n)), []
    for i, j in zip(*np.triu_indices(n, 1), strict=True):
        of = (counts.system == i) | (counts.system == j)
        influence = np.where(counts.system[of] == i, off[of], -off[of])
        kinds = [UnitSums.of(influence, weight[of], unit[of]) for unit in (counts.document, counts.annotator)]
        spread = two_way(influence, cell[of], kinds, model=float(model[i] + model[j]))
        found[i, j] = found[j, i] = spread.variance
        freedom.append(spread.freedom)
    return found, float(1 / np.mean(1 / np.array(freedom)))


def _summary_level(counts: ErrorCounts, metric: FloatArray) -> dict[str, Interval]:
    if len(metric) < LEAST_SYSTEMS:
        return undefined_correlations(TOO_FEW_SYSTEMS)
    rows, columns = counts.document * len(metric) + counts.system, counts.annotator
    shape = (metric.shape[1] * len(metric), units(counts.annotator))
    sums = scipy.sparse.csr_array((-counts.errors, (rows, columns)), shape)
    read = scipy.sparse.csr_array((np.ones(len(counts)), (rows, columns)), shape)
    return correlate_within_documents((sums, read), metric, missing=NO_ORDER, least=LEAST_DOCUMENTS)
