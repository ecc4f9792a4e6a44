"""Compute the covariance of Bradley–Terry strengths by Huber's sandwich, for single votes or for clusters of them."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.strengths.bradley_terry import PENALTY
from stats.strengths.ordinal import OrdinalCounts, Thresholds, answered_halves, curvature, expected_halves
from stats.uncertainty.clusters import sum_of_clusters, sum_of_votes
from stats.uncertainty.shares import UnitShares
from stats.votes.arrays import (
    A_SHARE,
    BoolArray,
    FloatArray,
    IntArray,
    VoteArrays,
    renumbered,
    stretches,
)
from stats.votes.tallies import units

# Log of Davidson's tie parameter, or the thresholds of an ordinal fit, taken as known; None for ties as halves.
Known = float | Thresholds | None


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
    inverse = bread_of(votes, strengths)
    return inverse @ sum_of_votes(votes, residuals_of(votes, strengths)) @ inverse


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
        inverse = bread_of(votes, strengths)
        residuals = residuals_of(votes, strengths)
        cells = sum_of_clusters(votes, residuals, document_and_annotator(votes))
        by_document, by_annotator = (
            sum_of_clusters(votes, residuals, unit) for unit in (votes.document, votes.annotator)
        )
        votes.worked_out[key] = CovarianceParts(
            *(inverse @ middle @ inverse for middle in (by_document - cells, by_annotator - cells, cells))
        )
    parts: CovarianceParts = votes.worked_out[key]
    return parts


def cell_sandwich(votes: VoteArrays, residuals: FloatArray, inverse: FloatArray) -> tuple[FloatArray, int]:
    """Compute the covariance with (document, annotator) cells as clusters, and count the cells.

    Args:
        votes: As in covariance_parts.
        residuals: Theirs.
        inverse: Their bread.
    """
    cells = renumbered(document_and_annotator(votes))
    return inverse @ sum_of_clusters(votes, residuals, cells) @ inverse, units(cells)


def unit_sandwich(votes: VoteArrays, residuals: FloatArray, inverse: FloatArray, shares: UnitShares) -> FloatArray:
    """Compute the covariance with units of one kind as clusters, each square times the weight of its unit.

    Args:
        votes, residuals, inverse: As in cell_sandwich.
        shares: Of these units.
    """
    weighted = residuals * np.sqrt(shares.weight)[shares.row]
    return inverse @ sum_of_clusters(votes, weighted, shares.row) @ inverse


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


def residuals_of(votes: VoteArrays, strengths: FloatArray, tie: Known = None) -> FloatArray:
    """Give a's share of each vote less its expected share, times the vote's weight; shape (n_votes,). tie: see Known.

    In an ordinal fit a share is half the answer, and much better is twice slightly better.
    """
    residuals = _of_answers(votes, strengths, tie) if isinstance(tie, Thresholds) else _of_shares(votes, strengths, tie)
    if votes.weight is not None:
        residuals *= votes.weight
    return residuals


def _of_answers(votes: VoteArrays, strengths: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give half of what each answer's halves are more than expected."""
    residuals = np.empty(len(votes))
    for part in stretches(len(votes)):
        gap = strengths[votes.system_a[part]] - strengths[votes.system_b[part]]
        residuals[part] = (answered_halves(votes, part, gap, thresholds) - expected_halves(gap, thresholds)) / 2
    return residuals


def _of_shares(votes: VoteArrays, strengths: FloatArray, tie: float | None) -> FloatArray:
    """Give what each vote's share is more than expected, which is looked up by pair if these are fewer than votes."""
    residuals = np.empty(len(votes))
    by_pair = None
    if votes.n_systems**2 < len(votes):
        by_pair = expected_share(strengths[:, np.newaxis] - strengths[np.newaxis, :], tie).ravel()
    for part in stretches(len(votes)):
        if by_pair is None:
            expected = expected_share(strengths[votes.system_a[part]] - strengths[votes.system_b[part]], tie)
        else:
            expected = by_pair[votes.pair(part)]
        residuals[part] = A_SHARE[votes.outcome[part]] - expected
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

    tie: Log of Davidson's tie parameter; with it the Hessian is that of Davidson's model in the strengths alone.
    """
    gap = strengths[:, np.newaxis] - strengths[np.newaxis, :]
    share = expected_share(gap, tie)
    spread = share * (1 - share)
    if tie is not None:
        spread = spread - _tie_chance(gap, tie) / 4
    return _inverted((wins + wins.T) * spread)


def bread_of(votes: VoteArrays, strengths: FloatArray, tie: Known = None) -> FloatArray:
    """Give the bread of these votes, whichever model the strengths are of; tie: see Known."""
    key = ("bread", strengths.tobytes(), tie)
    if key not in votes.worked_out:
        if isinstance(tie, Thresholds):
            inverse = _inverted(curvature(OrdinalCounts.of(votes), strengths, tie))
        else:
            inverse = bread(votes.wins(), strengths, tie)
        inverse.flags.writeable = False
        votes.worked_out[key] = inverse
    stored: FloatArray = votes.worked_out[key]
    return stored


def _inverted(curved: FloatArray) -> FloatArray:
    """Invert the penalized negative Hessian whose pairs are curved so, acting on strengths with mean zero; (n, n)."""
    n = len(curved)
    hessian = np.diag(curved.sum(axis=1)) - curved + PENALTY * np.eye(n)
    centre = np.eye(n) - 1 / n
    return centre @ np.linalg.inv(hessian) @ centre
