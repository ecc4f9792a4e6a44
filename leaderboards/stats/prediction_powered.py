"""Votes helped by a metric: the metric predicts every comparison, the votes correct what it gets wrong (PPI++)."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from leaderboards.stats.arrays import FloatArray, IntArray, InvalidVotesError, VoteArrays
from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.sandwich import bread


@dataclass(frozen=True)
class PoweredMean:
    """value with its interval, and what the labels alone give.

    tuning: how much the predictions count, 0 (not at all) to 1. effective: labels that would give this interval
    without predictions; never below the number there is, as predictions that do not help are not used.
    """

    value: float
    lower: float
    upper: float
    classical: float
    classical_lower: float
    classical_upper: float
    tuning: float
    effective: float


@dataclass(frozen=True)
class PoweredRatings:
    """By system, in log-odds with mean zero; effective: votes that would give these bounds without predictions."""

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    classical: FloatArray
    classical_lower: FloatArray
    classical_upper: FloatArray
    tuning: float
    effective: FloatArray


@dataclass(frozen=True)
class Predictions:
    """Comparisons without votes, shapes (m,): the pair, the predicted share of a (0 to 1), and the unit (document)."""

    system_a: IntArray
    system_b: IntArray
    share: FloatArray
    unit: IntArray


def powered_mean(
    labels: FloatArray, predicted: FloatArray, unlabelled: FloatArray, *, level: float = 0.95
) -> PoweredMean:
    """Mean of labels, such as a win probability: t * mean(unlabelled) + mean(labels - t * predicted).

    t makes the variance smallest and is kept within 0 to 1; where that is not smaller than the labels' own, t is 0.

    Args:
        labels, predicted: Shape (n,), n from 2 up, of the same independent units: single votes only if they are
            independent, else means by document.
        unlabelled: Shape (m,), predictions for other units drawn alike, m from 2 up.
    Raises:
        InvalidVotesError: Too few values, or shapes that differ.
    Source:
        Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient prediction-powered inference, arXiv 2311.01453. On
        comparing language models: Boyeau et al. (2024), arXiv 2403.07008.
    """
    if len(labels) < 2 or len(unlabelled) < 2 or labels.shape != predicted.shape:
        raise InvalidVotesError("Two labels with their predictions and two other predictions are needed at least.")
    n, m = len(labels), len(unlabelled)
    covariance = np.cov(labels, predicted, ddof=1) / n
    own, pooled = covariance[0, 0], covariance[1, 1] + unlabelled.var(ddof=1) / m
    tuning = float(np.clip(covariance[0, 1] / pooled, 0, 1)) if pooled > 0 else 0.0
    variance = own - 2 * tuning * covariance[0, 1] + tuning**2 * pooled
    if not variance < own:
        tuning, variance = 0.0, own
    classical = labels.mean()
    value = tuning * unlabelled.mean() + (labels - tuning * predicted).mean()
    reach, wide = norm.ppf(0.5 + level / 2) * np.sqrt(np.maximum([variance, own], 0))
    effective = n * own / variance if variance > 0 else np.inf if own > 0 else float(n)
    bounds = (value, value - reach, value + reach, classical, classical - wide, classical + wide)
    return PoweredMean(*map(float, (*bounds, tuning, effective)))


def powered_ratings(
    votes: VoteArrays, predicted: FloatArray, others: Predictions, *, level: float = 0.95
) -> PoweredRatings:
    """Bradley–Terry strengths moved by what a metric says on comparisons without votes, less its error on those with.

    One Newton step from the maximum likelihood, which is as good as the minimum of PPI++'s loss for many votes. A
    system whose bounds would be wider than the votes' own keeps what the votes say. Documents are the units that could
    have been others; annotators are taken as they are.

    Args:
        votes: Votes that connect all their systems. Their documents are the independent units.
        predicted: Shape (n_votes,), the metric's share of a, from 0 to 1, for the comparisons with votes.
        others: Comparisons of other documents, with pairs of systems as often as among the votes, or votes weighted so.
    Raises:
        InvalidVotesError: The shapes differ, or there are no other comparisons.
    Source:
        As powered_mean; the step is the one-step form of their M-estimator, with clusters.
    """
    if predicted.shape != votes.outcome.shape or not len(others.share):
        raise InvalidVotesError("A prediction for every vote, and comparisons without votes, are needed.")
    strengths = fit_bradley_terry(votes.wins())
    inverse = bread(votes.wins(), strengths)
    chance = _chance(strengths, votes.system_a, votes.system_b)
    labelled = _by_unit(votes, votes.document, votes.weights * (votes.a_share - chance))
    foretold = _by_unit(votes, votes.document, votes.weights * (predicted - chance))
    off = others.share - _chance(strengths, others.system_a, others.system_b)
    scale = votes.weights.sum() / len(others.share)
    beyond = _sums(others.system_a, others.system_b, others.unit, scale * off, votes.n_systems)
    weights = np.bincount(votes.document, weights=votes.weights)[np.unique(votes.document)].astype(np.float64)
    counts = np.bincount(others.unit)[np.unique(others.unit)].astype(np.float64)
    u, f, g = _centred(labelled, weights), _centred(foretold, weights), _centred(beyond, counts)
    own, cross, pooled = (inverse @ middle @ inverse for middle in (u.T @ u, u.T @ f, f.T @ f + g.T @ g))
    tuning = float(np.clip(np.trace(cross) / np.trace(pooled), 0, 1)) if np.trace(pooled) > 0 else 0.0
    moved = strengths + tuning * inverse @ (beyond.sum(axis=0) - foretold.sum(axis=0))
    variance = np.diag(own) - tuning * 2 * np.diag(cross) + tuning**2 * np.diag(pooled)
    return _never_wider(strengths, moved, np.diag(own), variance, tuning, len(votes), level)


def _never_wider(
    classical: FloatArray,
    moved: FloatArray,
    own: FloatArray,
    variance: FloatArray,
    tuning: float,
    n_votes: int,
    level: float,
) -> PoweredRatings:
    better = variance < own
    strengths, smaller = np.where(better, moved, classical), np.maximum(np.where(better, variance, own), 0)
    z = norm.ppf(0.5 + level / 2)
    reach, wide = z * np.sqrt(smaller), z * np.sqrt(np.maximum(own, 0))
    effective = n_votes * np.where(smaller > 0, own / np.where(smaller > 0, smaller, 1), 1)
    return PoweredRatings(
        strengths,
        strengths - reach,
        strengths + reach,
        classical,
        classical - wide,
        classical + wide,
        tuning,
        effective,
    )


def _chance(strengths: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    chance: FloatArray = 0.5 + 0.5 * np.tanh((strengths[a] - strengths[b]) / 2)
    return chance


def _by_unit(votes: VoteArrays, unit: IntArray, residuals: FloatArray) -> FloatArray:
    return _sums(votes.system_a, votes.system_b, unit, residuals, votes.n_systems)


def _sums(a: IntArray, b: IntArray, unit: IntArray, residuals: FloatArray, n_systems: int) -> FloatArray:
    """Gradients summed over each unit, shape (n_units, n_systems)."""
    names, place = np.unique(unit, return_inverse=True)
    values = np.concatenate([residuals, -residuals])
    shape = (len(names), n_systems)
    summed: FloatArray = csr_array((values, (np.tile(place, 2), np.concatenate([a, b]))), shape=shape).toarray()
    return summed


def _centred(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Less the mean of all, as much as the unit's weight has in it."""
    return sums - np.outer(weights, sums.sum(axis=0) / weights.sum())
