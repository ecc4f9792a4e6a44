"""Compute the covariance of Bradley–Terry strengths by Huber's sandwich, for single votes or for clusters of them."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.strengths.bradley_terry import PENALTY
from stats.strengths.ordinal import OrdinalCounts, Thresholds, answered_halves, curvature, expected_halves
from stats.uncertainty.shares import UnitShares, dense_is_faster
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

# Most numbers of the clusters' gradients held at once, 4 MB.
NUMBERS_AT_ONCE = 500_000
# Log of Davidson's tie parameter, or the thresholds of an ordinal fit, taken as known; None for ties as halves.
Known = float | Thresholds | None
# Gradients in full of many clusters are held three times over.
FULL_AT_ONCE = 100_000


def sandwich_covariance(votes: VoteArrays, strengths: FloatArray) -> FloatArray:
    """Compute the covariance as if all votes were independent, as most arenas assume; compare covariance_parts.

    It is H^-1 G H^-1, with H the negative Hessian and G the sum of the votes' squared gradients; a tie is half a win.

    Args:
        votes: Votes that connect all their systems.
        strengths: Shape (n,), their fit_bradley_terry, in log-odds.
    Returns:
        Shape (n, n), covariance of strengths with mean zero: rows and columns sum to 0.
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
    """Hold what documents, annotators and single votes add to the covariance, which is the sum of the three.

    Attributes:
        document, annotator, vote: Shape (n, n) each, in squared log-odds.
    """

    document: FloatArray
    annotator: FloatArray
    vote: FloatArray


def covariance_parts(votes: VoteArrays, strengths: FloatArray) -> CovarianceParts:
    """Split the covariance by source, where votes on one document, and votes of one annotator, resemble each other.

    The middle of the sandwich is that of document clusters plus that of annotator clusters less that of both together.
    `vote` is the part of (document, annotator) cells; the other two are what clusters add, which need not be positive.
    There is no correction for few clusters here; see calibrated.precision.

    Args:
        votes: Votes that connect all their systems.
        strengths: Shape (n,), their fit_bradley_terry, in log-odds.
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
    parts: CovarianceParts = votes.worked_out[key]
    return parts


def cell_sandwich(
    votes: VoteArrays, strengths: FloatArray, inverse: FloatArray, tie: Known = None
) -> tuple[FloatArray, int]:
    """Compute the covariance with (document, annotator) cells as clusters, and count the cells.

    Args:
        votes, strengths: As in covariance_parts.
        inverse: Their bread.
        tie: See Known.
    """
    cells = renumbered(document_and_annotator(votes))
    return inverse @ _clustered(votes, _residuals(votes, strengths, tie), cells) @ inverse, units(cells)


def unit_sandwich(
    votes: VoteArrays, strengths: FloatArray, inverse: FloatArray, shares: UnitShares, tie: Known = None
) -> FloatArray:
    """Compute the covariance with units of one kind as clusters, each square times the weight of its unit.

    Args:
        votes, strengths: As in covariance_parts.
        inverse, tie: As in cell_sandwich.
        shares: Of these units.
    """
    residuals = _residuals(votes, strengths, tie) * np.sqrt(shares.weight)[shares.row]
    return inverse @ _clustered(votes, residuals, shares.row) @ inverse


def about_circles(covariance: FloatArray, circle: BoolArray) -> FloatArray:
    """Give the covariance of strengths less the mean of their circles, shape (n, n); see graphs.same_circle."""
    if circle.all():
        return covariance
    centre = np.eye(len(circle)) - circle / circle.sum(axis=1, keepdims=True)
    return np.asarray(centre @ covariance @ centre.T)


def interval(
    strengths: FloatArray, covariance: FloatArray, *, anchor: int | None = None, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Give normal intervals of the strengths, or of their distances to an anchor system.

    Args:
        strengths: Shape (n,), in log-odds.
        covariance: Shape (n, n).
        anchor: Index of the system whose strength is taken as exact; none if None.
        level: Of the interval, between 0 and 1.
    Returns:
        Lower and upper bounds, shape (n,).
    """
    variance = np.diag(covariance)
    if anchor is not None:
        variance = variance + covariance[anchor, anchor] - 2 * covariance[:, anchor]
    reach = scipy.special.ndtri(0.5 + level / 2) * np.sqrt(np.maximum(variance, 0))
    return strengths - reach, strengths + reach


def _residuals(votes: VoteArrays, strengths: FloatArray, tie: Known = None) -> FloatArray:
    """Give a's share of each vote less its expected share, times the vote's weight; shape (n_votes,).

    In an ordinal fit a share is half the answer, and much better is twice slightly better.
    """
    residuals = np.empty(len(votes))
    for part in stretches(len(votes)):
        gap = strengths[votes.system_a[part]] - strengths[votes.system_b[part]]
        if isinstance(tie, Thresholds):
            residuals[part] = (answered_halves(votes, part, gap, tie) - expected_halves(gap, tie)) / 2
        else:
            residuals[part] = A_SHARE[votes.outcome[part]] - expected_share(gap, tie)
    if votes.weight is not None:
        residuals *= votes.weight
    return residuals


def document_and_annotator(votes: VoteArrays) -> IntArray:
    """Number the pair of document and annotator of each vote, shape (n_votes,)."""
    annotators = units(votes.annotator)
    integer = np.int32 if units(votes.document) * annotators <= np.iinfo(np.int32).max else np.int64
    cell: IntArray = votes.document.astype(integer)
    cell *= annotators
    cell += votes.annotator.astype(integer, copy=False)
    return cell


def expected_share(gap: FloatArray, tie: float | None = None) -> FloatArray:
    """Give the expected share of a system that is ahead by so many log-odds: its chance to win, plus half a tie's."""
    if tie is None:
        return np.asarray(0.5 + 0.5 * np.tanh(gap / 2))
    return np.asarray(0.5 + 0.5 * np.tanh(gap / 2) * (1 - _tie_chance(gap, tie)))


def _tie_chance(gap: FloatArray, tie: float) -> FloatArray:
    """Give Davidson's chance of a tie."""
    return np.asarray(1 / (1 + 2 * np.cosh(np.clip(gap / 2, -300, 300)) * np.exp(-tie)))


def bread(wins: FloatArray, strengths: FloatArray, tie: float | None = None) -> FloatArray:
    """Invert the penalized negative Hessian, acting on strengths with mean zero; shape (n, n).

    tie: As in cell_sandwich; with it the Hessian is that of Davidson's model in the strengths alone.
    """
    gap = strengths[:, np.newaxis] - strengths[np.newaxis, :]
    share = expected_share(gap, tie)
    spread = share * (1 - share)
    if tie is not None:
        spread = spread - _tie_chance(gap, tie) / 4
    return _inverted((wins + wins.T) * spread)


def bread_of(votes: VoteArrays, strengths: FloatArray, tie: Known = None) -> FloatArray:
    """Give the bread of these votes, whichever model the strengths are of; tie: see Known."""
    if isinstance(tie, Thresholds):
        return _inverted(curvature(OrdinalCounts.of(votes), strengths, tie))
    return bread(votes.wins(), strengths, tie)


def _inverted(curved: FloatArray) -> FloatArray:
    """Invert the penalized negative Hessian whose pairs are curved so, acting on strengths with mean zero; (n, n)."""
    n = len(curved)
    hessian = np.diag(curved.sum(axis=1)) - curved + PENALTY * np.eye(n)
    centre = np.eye(n) - 1 / n
    return centre @ np.linalg.inv(hessian) @ centre


def _clustered(votes: VoteArrays, residuals: FloatArray, cluster: IntArray) -> FloatArray:
    """Sum the outer products of the clusters' gradients; shape (n, n)."""
    row, n = renumbered(cluster), votes.n_systems
    del cluster  # frees it, as the caller of a million votes no longer holds it
    clusters = int(row.max()) + 1
    if clusters * n <= NUMBERS_AT_ONCE:
        flat = np.zeros(clusters * n)
        for part in stretches(len(votes)):
            offsets = row[part].astype(np.int64) * n
            np.add.at(flat, offsets + votes.system_a[part], residuals[part])
            np.subtract.at(flat, offsets + votes.system_b[part], residuals[part])
        gradients = flat.reshape(clusters, n)
        return np.asarray(gradients.T @ gradients)
    sizes = np.bincount(row)
    order, ends = np.argsort(row, kind="stable"), np.cumsum(sizes)
    product, begin = np.zeros((n, n)), 0
    most = max(1, FULL_AT_ONCE // n) if dense_is_faster(np.minimum(2 * sizes, n), n) else 0
    while begin < clusters:
        first = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, first + VOTES_AT_ONCE, side="right")))
        end = min(end, begin + most) if most else end
        chosen = order[first : ends[end - 1]]
        if most:
            gradients = _gradients(votes, residuals, chosen, row[chosen] - begin, end - begin)
            product += gradients.T @ gradients
        else:
            product += _products(votes, residuals, chosen, np.r_[first, ends[begin:end]] - first)
        begin = end
    return product


def _gradients(votes: VoteArrays, residuals: FloatArray, chosen: IntArray, row: IntArray, clusters: int) -> FloatArray:
    """Sum the gradients of some clusters in full, shape (clusters, n).

    Args:
        chosen: Positions of their votes.
        row: Cluster of each of these, from 0.
    """
    n, place = votes.n_systems, row.astype(np.int64) * votes.n_systems
    won, lost = (
        np.bincount(place + system[chosen], residuals[chosen], minlength=clusters * n)
        for system in (votes.system_a, votes.system_b)
    )
    return np.asarray((won - lost).reshape(clusters, n))


def _products(votes: VoteArrays, residuals: FloatArray, chosen: IntArray, starts: IntArray) -> FloatArray:
    """Sum the outer products of some clusters, whose votes are chosen one cluster after the other.

    Args:
        chosen: Positions of the votes.
        starts: Where each cluster begins among these, and where the last one ends.
    """
    # Rows in order spare a conversion; the product adds up columns that occur twice in a row.
    columns = np.column_stack([votes.system_a[chosen], votes.system_b[chosen]]).ravel()
    values = np.column_stack([residuals[chosen], -residuals[chosen]]).ravel()
    sparse = scipy.sparse.csr_array((values, columns, 2 * starts), shape=(len(starts) - 1, votes.n_systems))
    product: FloatArray = (sparse.T @ sparse).toarray()
    return product
