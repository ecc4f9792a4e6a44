"""Correlate what people say of a document's summaries with a metric, as the mean over documents, with an interval."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.interval import LEAST_SYSTEMS, NOTHING_TO_DRAW, Interval
from stats.uncertainty.calibrated import LARGEST_FREEDOM, NEGLIGIBLE
from stats.uncertainty.proportions import wilson_interval
from stats.uncertainty.two_way import Spread, UnitSums, smoothed_variance, wilson_bounds
from stats.votes.arrays import FloatArray, IntArray, stretches

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FEW_DOCUMENTS = "too few documents in which people and the metric tell summaries apart"
LEAST_DOCUMENTS = 2  # with one, nothing shows how far documents differ
ROUNDING = 1e-9  # of summed weights; no vote weighs so little
PAIRS_AT_ONCE = 500_000  # of systems, in documents
# Annotators are left out of so many documents in all, at most; of more, every second document or so says enough.
MOST_LEFT_OUT = 20_000


@dataclass(frozen=True)
class _Cells:
    """Hold what one annotator says of one document, an entry for each two; shape (k,) each.

    Attributes:
        document, annotator: Index of each.
        share: Of the annotator in what is said of the document.
        without: Coefficients of the document without this annotator, shape (3, k); NaN where undefined.
    """

    document: IntArray
    annotator: IntArray
    share: FloatArray
    without: FloatArray


def correlate_within_documents(
    human: tuple["csr_array", "csr_array"], metric: FloatArray, *, missing: str, least: int = LEAST_DOCUMENTS
) -> dict[str, Interval]:
    """Correlate what people say of a document's summaries, on average, with the metric; the mean over documents.

    The variance of the mean is that of the documents' coefficients, plus what annotators differ: an annotator's part in
    a document's coefficient is how far it moves without them, and where annotators differ the sums of these parts vary
    by more than the single ones explain. The interval is Wilson's on the effective number of documents, for
    (1 + coefficient) / 2.

    Args:
        human: Sums and counts of what each annotator says of each summary, a document's summaries in a row; shape
            (n_documents * n_systems, n_annotators) each.
        metric: Shape (n_systems, n_documents).
        missing: Why no document has a coefficient.
        least: Documents with a coefficient that an interval needs.
    Source:
        Parts by leaving out: the jackknife, Efron and Stein (1981), Annals of Statistics 9, 586-596. Variances and
        degrees of freedom as in stats.uncertainty.two_way. How well it covers: benchmarks/intervals/within.py.
    """
    sums, counts = (part.tocsr() for part in human)
    shape = metric.T.shape
    total, votes = (np.asarray(part.sum(axis=1)).reshape(shape) for part in (sums, counts))
    by_document = _coefficients(total, votes, metric.T)
    cells = _cells(sums, counts, metric, by_document)
    single = metric.shape[1] == 1 and sums.shape[1] == 1
    return {
        name: _mean(by_document[i], cells, i, missing, NOTHING_TO_DRAW if single else "", least)
        for i, name in enumerate(COEFFICIENTS)
    }


def _coefficients(sums: FloatArray, counts: FloatArray, metric: FloatArray) -> FloatArray:
    """Correlate row by row, (k, n_systems) each, where three systems or more have both; shape (3, k)."""
    found = np.empty((len(COEFFICIENTS), len(metric)))
    for rows in stretches(len(metric), max(1, PAIRS_AT_ONCE // max(1, metric.shape[1] ** 2))):
        said = counts[rows] > 0
        rates = np.where(said, sums[rows] / np.where(said, counts[rows], 1), np.nan)
        found[:, rows] = correlations(metric[rows], rates)
        found[:, rows][:, (said & ~np.isnan(metric[rows])).sum(axis=1) < LEAST_SYSTEMS] = np.nan
    return found


def _cells(sums: "csr_array", counts: "csr_array", metric: FloatArray, by_document: FloatArray) -> _Cells:
    """Leave each annotator out of each document whose votes they share with others; of very many, of some documents."""
    n, documents = metric.shape
    entries = counts.tocoo()
    row, annotator = entries.coords
    each, place = np.unique((row // n) * counts.shape[1] + annotator, return_inverse=True)
    step = -(-len(each) // MOST_LEFT_OUT) or 1
    document, person = each // max(1, counts.shape[1]), each % max(1, counts.shape[1])
    weight = np.bincount(place, entries.data, len(each))
    share = weight / np.bincount(document, weight, documents)[document]
    if step > 1:
        document, person, share = (column[document % step == 0] for column in (document, person, share))
    without = by_document[:, document].copy()
    several = np.flatnonzero(share < 1)
    total, votes = (np.asarray(part.sum(axis=1)).reshape(documents, n) for part in (sums, counts))
    for part in stretches(len(several), max(1, PAIRS_AT_ONCE // max(1, n**2))):
        chosen = several[part]
        of = document[chosen]
        left = votes[of] - _of_cells(counts, of, person[chosen], n)
        said = total[of] - _of_cells(sums, of, person[chosen], n)
        without[:, chosen] = _coefficients(said, np.where(left < ROUNDING, 0, left), metric.T[of])
    return _Cells(document, person, share, without)


def _of_cells(matrix: "csr_array", document: IntArray, annotator: IntArray, n: int) -> FloatArray:
    """Give what an annotator's votes sum to for each summary of a document, shape (k, n)."""
    rows = document[:, np.newaxis] * n + np.arange(n)
    return np.asarray(matrix[rows.ravel(), np.repeat(annotator, n)]).reshape(rows.shape)


def _mean(by_document: FloatArray, cells: _Cells, which: int, missing: str, single: str, least: int) -> Interval:
    """Average one coefficient over documents."""
    told = ~np.isnan(by_document)
    documents = int(told.sum())
    if not documents:
        return Interval.undefined(missing)
    value = float(np.clip(by_document[told].mean(), -1, 1))
    if single or documents < least:
        return Interval.unbounded(value, single or f"{FEW_DOCUMENTS}: {documents} of at least {least}")
    lower, upper = _bounds(value, _spread(by_document, value, cells, which, documents), documents)
    return Interval(value, min(value, 2 * lower - 1), max(value, 2 * upper - 1))


def _bounds(value: float, spread: Spread, documents: int) -> tuple[float, float]:
    """Give the bounds of (1 + coefficient) / 2, with an error also where all documents have one coefficient."""
    share = (1 + value) / 2
    if abs(value) == 1:
        ends = wilson_interval(np.array([share * documents]), np.array([float(documents)]))
        return float(ends[0][0]), float(ends[1][0])
    least = smoothed_variance(share, np.ones(documents)) / (documents + 1)
    return wilson_bounds(share, Spread(max(spread.variance / 4, least), spread.freedom), documents)


def _spread(by_document: FloatArray, value: float, cells: _Cells, which: int, documents: int) -> Spread:
    """Give the variance of the mean: of documents, plus what annotators differ."""
    own = float(np.nansum((by_document - value) ** 2)) / (documents * (documents - 1))
    people = _between_people(by_document, value, cells, which)
    total = own + people.variance
    fewest = min(documents - 1.0, people.freedom)
    spread = own**2 / (documents - 1) + people.mean_square**2 / people.freedom
    freedom = total**2 / spread if spread > 0 else LARGEST_FREEDOM
    return Spread(total, min(max(freedom, fewest), LARGEST_FREEDOM))


@dataclass(frozen=True)
class _Between:
    """Hold what annotators add to a variance, the mean square that it was taken from, and its degrees of freedom."""

    variance: float = 0.0
    mean_square: float = 0.0
    freedom: float = LARGEST_FREEDOM


def _between_people(by_document: FloatArray, value: float, cells: _Cells, which: int) -> _Between:
    """Give the variance that annotators add: what the sums of their parts hold beyond single parts."""
    chosen = ~np.isnan(by_document[cells.document])
    if len(np.unique(cells.annotator[chosen])) < 2:
        return _Between()
    share, at, without = cells.share[chosen], by_document[cells.document[chosen]], cells.without[which, chosen]
    moved = np.where(np.isnan(without), 0, at - without)
    influence = ((1 - share) * moved + share * (at - value)) / len(np.unique(cells.document[chosen]))
    influence = influence - share / share.sum() * influence.sum()
    people = UnitSums.of(influence, share, cells.annotator[chosen])
    squares, cubes = float((people.share**2).sum()), float((people.share**3).sum())
    single = float((influence**2).sum()) * len(influence) / (len(influence) - 1)
    summed, scale = float((people.influence**2 / people.share).sum()), squares / (1 - squares)
    between = scale * (summed - people.noise * single)
    if between <= NEGLIGIBLE * single:
        return _Between()
    return _Between(between, scale * summed, max((1 - squares) ** 2 / (squares - 2 * cubes + squares**2), 1.0))
