"""Covariance of Bradley–Terry strengths without resampling: Huber's sandwich, for single votes or for clusters."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from stats.strengths.bradley_terry import PENALTY
from stats.votes.arrays import (
    A_SHARE,
    VOTES_AT_ONCE,
    BoolArray,
    FloatArray,
    IntArray,
    VoteArrays,
    renumbered,
    stretches,
)
from stats.votes.tallies import units

# Upper bound of the clusters' gradients held at once, 4 MB.
NUMBERS_AT_ONCE = 500_000


def sandwich_covariance(votes: VoteArrays, strengths: FloatArray) -> FloatArray:
    """Covariance if every vote were drawn apart from every other, as most arenas assume; see covariance_parts.

    H^-1 G H^-1, H the negative Hessian and G the sum of the votes' squared gradients, a tie being half a win.

    Args:
        votes: Votes that connect all their systems.
        strengths: Shape (n,), their fit_bradley_terry, in log-odds.
    Returns:
        Shape (n, n), of strengths with mean zero: rows and columns sum to 0.
    Source:
        Huber (1967), The behavior of maximum likelihood estimates under nonstandard conditions, Proceedings of the
        Fifth Berkeley Symposium 1, 221-233. For arenas: Chiang et al. (2024), arXiv 2403.04132, section 5.
    """
    inverse = bread(votes.wins(), strengths)
    n, residuals = votes.n_systems, _residuals(votes, strengths)
    total = np.zeros(n * n)
    for part in stretches(len(votes)):
        total += np.bincount(votes.pair(part), weights=residuals[part] ** 2, minlength=n * n)
    squares = total.reshape(n, n) + total.reshape(n, n).T
    return inverse @ (np.diag(squares.sum(axis=1)) - squares) @ inverse


@dataclass(frozen=True)
class CovarianceParts:
    """What documents, annotators, and single votes add to the covariance, each of shape (n, n); a sum of three."""

    document: FloatArray
    annotator: FloatArray
    vote: FloatArray


def covariance_parts(votes: VoteArrays, strengths: FloatArray) -> CovarianceParts:
    """Covariance where votes of one document, and votes of one annotator, resemble each other, split by source.

    The middle of the sandwich is that of document clusters + that of annotators - that of both together. vote is that
    of (document, annotator) cells, the others what clusters add, which need not be positive. Without a correction for
    few clusters: see small_samples.Components.

    Source:
        Cameron, Gelbach and Miller (2011), Robust inference with multiway clustering, Journal of Business and Economic
        Statistics 29, 238-249.
    """
    key = ("covariance parts", strengths.tobytes())
    if key not in votes.worked_out:
        inverse = bread(votes.wins(), strengths)
        residuals = _residuals(votes, strengths)
        cells = _clustered(votes, residuals, document_and_annotator(votes))
        by_document, by_annotator = (_clustered(votes, residuals, unit) for unit in (votes.document, votes.annotator))
        votes.worked_out[key] = CovarianceParts(
            *(inverse @ middle @ inverse for middle in (by_document - cells, by_annotator - cells, cells))
        )
    found: CovarianceParts = votes.worked_out[key]
    return found


def about_circles(covariance: FloatArray, circle: BoolArray) -> FloatArray:
    """Of strengths less the mean of their circles, shape (n, n); see graphs.same_circle."""
    if circle.all():
        return covariance
    centre = np.eye(len(circle)) - circle / circle.sum(axis=1, keepdims=True)
    return np.asarray(centre @ covariance @ centre.T)


def interval(
    strengths: FloatArray, covariance: FloatArray, *, anchor: int | None = None, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Normal intervals of the strengths, or of their distances to the anchor system added to its strength."""
    variance = np.diag(covariance)
    if anchor is not None:
        variance = variance + covariance[anchor, anchor] - 2 * covariance[:, anchor]
    reach = norm.ppf(0.5 + level / 2) * np.sqrt(np.maximum(variance, 0))
    return strengths - reach, strengths + reach


def _residuals(votes: VoteArrays, strengths: FloatArray) -> FloatArray:
    residuals = np.empty(len(votes))
    for part in stretches(len(votes)):
        gap = strengths[votes.system_a[part]] - strengths[votes.system_b[part]]
        residuals[part] = A_SHARE[votes.outcome[part]] - (0.5 + 0.5 * np.tanh(gap / 2))
    if votes.weight is not None:
        residuals *= votes.weight
    return residuals


def document_and_annotator(votes: VoteArrays) -> IntArray:
    """A number for each pair of a document and an annotator."""
    annotators = units(votes.annotator)
    number = np.int32 if units(votes.document) * annotators <= np.iinfo(np.int32).max else np.int64
    both: IntArray = votes.document.astype(number)
    both *= annotators
    both += votes.annotator.astype(number, copy=False)
    return both


def bread(wins: FloatArray, strengths: FloatArray) -> FloatArray:
    """Inverse of the penalized negative Hessian, made to act on strengths with mean zero."""
    chance = 0.5 + 0.5 * np.tanh((strengths[:, np.newaxis] - strengths[np.newaxis, :]) / 2)
    curvature = (wins + wins.T) * chance * (1 - chance)
    n = len(wins)
    hessian = np.diag(curvature.sum(axis=1)) - curvature + PENALTY * np.eye(n)
    centre = np.eye(n) - 1 / n
    return centre @ np.linalg.inv(hessian) @ centre


def _clustered(votes: VoteArrays, residuals: FloatArray, cluster: IntArray) -> FloatArray:
    """Sum over clusters of the outer product of the cluster's gradient."""
    place, n = renumbered(cluster), votes.n_systems
    del cluster  # of a million votes: the caller holds it no more
    clusters = int(place.max()) + 1
    if clusters * n <= NUMBERS_AT_ONCE:
        flat = np.zeros(clusters * n)
        for part in stretches(len(votes)):
            rows = place[part].astype(np.int64) * n
            np.add.at(flat, rows + votes.system_a[part], residuals[part])
            np.subtract.at(flat, rows + votes.system_b[part], residuals[part])
        gradients = flat.reshape(clusters, n)
        return np.asarray(gradients.T @ gradients)
    order, ends = np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))
    product, begin = np.zeros((n, n)), 0
    while begin < clusters:
        first = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, first + VOTES_AT_ONCE, side="right")))
        chosen = order[first : ends[end - 1]]
        product += _products(votes, residuals, chosen, np.r_[first, ends[begin:end]] - first)
        begin = end
    return product


def _products(votes: VoteArrays, residuals: FloatArray, chosen: IntArray, starts: IntArray) -> FloatArray:
    """The sum over some clusters, whose votes are chosen one cluster after the other."""
    # Rows in order spare a conversion; what stands twice in a row is added up by the product.
    columns = np.column_stack([votes.system_a[chosen], votes.system_b[chosen]]).ravel()
    values = np.column_stack([residuals[chosen], -residuals[chosen]]).ravel()
    sparse = csr_array((values, columns, 2 * starts), shape=(len(starts) - 1, votes.n_systems))
    product: FloatArray = (sparse.T @ sparse).toarray()
    return product
