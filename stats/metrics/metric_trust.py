"""Compare a metric with votes: correlations and pairwise accuracy, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.interval import (
    CONSTANT,
    LEAST_SYSTEMS,
    NOTHING_TO_DRAW,
    TOO_FEW_SYSTEMS,
    Interval,
    undefined_correlations,
)
from stats.metrics.noisy_correlation import NoisyValues, intervals, quasi_variances
from stats.metrics.within_documents import correlate_within_documents
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.uncertainty.calibrated import OWN, precision, variances
from stats.uncertainty.two_way import smoothed_variance, spread_of, wilson_bounds
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays, renumbered
from stats.votes.graphs import connected_parts, same_circle
from stats.votes.tallies import Draws, units

if TYPE_CHECKING:
    from scipy.sparse import csr_array

APART = "the votes do not connect these systems"
NO_LIMITS = "some systems won or lost every vote against others: votes cannot say how far apart they are"
NO_ORDER = "no document has votes that set its summaries apart, on three of them or more"
TOO_FEW_RESAMPLES = "too few votes: fewer than half of the random redraws of documents and annotators give a value"


@dataclass(frozen=True)
class MetricTrust:
    """Hold how far a metric agrees with votes.

    Attributes:
        system: Correlation over systems of ratings with means of the metric, by coefficient (see COEFFICIENTS).
        summary: Correlation over the systems of a document of win rates there with the metric's values, as the mean
            over the documents that have a coefficient, by coefficient.
        accuracy: Share of votes that the metric agrees with, ties included.
        tie_threshold: Difference in the metric up to which two summaries tie, in the metric's own unit.
        n_systems, n_documents, n_votes: What was compared.
        seed, resamples: Of the intervals over systems.
    """

    system: dict[str, Interval]
    summary: dict[str, Interval]
    accuracy: Interval
    tie_threshold: float
    n_systems: int
    n_documents: int
    n_votes: int
    seed: int
    resamples: int


def metric_trust(votes: VoteArrays, metric: FloatArray, *, seed: int, resamples: int = 1000) -> MetricTrust:
    """Compare a metric with votes; votes on summaries without a value are left out.

    Intervals are for other documents, for the metric and the votes alike, and other annotators. Those over systems are
    for the ratings that endless votes would give, see noisy_correlation.intervals; the others are for as many votes a
    document as there are.

    Args:
        votes: Votes; documents are indexes into the columns of the metric.
        metric: Shape (n_systems, n_documents), higher is better; NaN where there is no value.
        seed: Of the intervals over systems.
        resamples: Number of resamples, which these need.
    Source:
        Levels of correlation: Louis and Nenkova (2013), Automatically assessing machine summary content without a gold
        standard, Computational Linguistics 39, 267-300. Intervals by drawing again: Deutsch, Dror and Roth (2021), A
        statistical analysis of summarization evaluation metrics using resampling methods, TACL 9, 1132-1146.
    """
    compact, values = _with_values(votes, metric)
    n_systems, n_documents = values.shape
    n_annotators = units(compact.annotator)
    draws = draw(np.random.default_rng(seed), max(1, n_documents), max(1, n_annotators), resamples)
    accuracy, threshold = vote_accuracy(compact, values)
    return MetricTrust(
        system=system_level(compact, values, draws, seed),
        summary=summary_level(compact, values),
        accuracy=accuracy,
        tie_threshold=threshold,
        n_systems=n_systems,
        n_documents=n_documents,
        n_votes=len(compact),
        seed=seed,
        resamples=resamples,
    )


def _with_values(votes: VoteArrays, metric: FloatArray) -> tuple[VoteArrays, FloatArray]:
    """Keep votes on summaries with values, and the values of their systems and documents, all renumbered."""
    defined = ~np.isnan(metric)
    valued = votes.take(defined[votes.system_a, votes.document] & defined[votes.system_b, votes.document])
    systems, documents = np.flatnonzero(valued.count_by_system()), np.unique(valued.document)
    new_index = np.cumsum(np.bincount(systems, minlength=votes.n_systems)) - 1
    compact = VoteArrays(
        new_index[valued.system_a],
        new_index[valued.system_b],
        valued.outcome,
        renumbered(valued.document),
        renumbered(valued.annotator),
        len(systems),
        valued.weight,
    )
    return compact, metric[np.ix_(systems, documents)]


def system_level(votes: VoteArrays, metric: FloatArray, draws: Draws, seed: int) -> dict[str, Interval]:
    """Correlate ratings with means of the metric over systems, as metric_trust does.

    Args:
        votes: Votes on summaries with values; all systems and documents have some.
        metric: As in metric_trust.
        draws: Resamples of its documents and annotators.
        seed: Of the intervals.
    """
    if votes.n_systems < LEAST_SYSTEMS:
        return undefined_correlations(TOO_FEW_SYSTEMS)
    wins = votes.wins()
    if len(connected_parts(wins + wins.T > 0)) > 1:
        return undefined_correlations(APART)
    strengths = fit_bradley_terry(wins)
    means = means_of(metric, np.ones((1, metric.shape[1])))
    values = correlations(means, strengths[np.newaxis])[:, 0]
    if np.isnan(values).all():
        return undefined_correlations(CONSTANT)
    noisy = _noisy_values(votes, strengths, metric, draws)
    if isinstance(noisy, str):
        return {name: _without_interval(float(values[i]), noisy) for i, name in enumerate(COEFFICIENTS)}
    lower, upper = intervals(noisy, seed)
    rows = zip(COEFFICIENTS, values.tolist(), lower.tolist(), upper.tolist(), strict=True)
    return {name: Interval(value, low, high) for name, value, low, high in rows}


def _without_interval(value: float, reason: str) -> Interval:
    return Interval(value, np.nan, np.nan, CONSTANT if np.isnan(value) else "", reason)


def _noisy_values(votes: VoteArrays, strengths: FloatArray, metric: FloatArray, draws: Draws) -> NoisyValues | str:
    """Give ratings and means with the sizes of their errors, or the reason why these are not known.

    How the error of a mean varies, and goes along with that of a rating, is seen in the resamples: the mean is linear
    in the documents, so they say it without the excess that they have for ratings.
    """
    if units(votes.document) == units(votes.annotator) == 1:
        return NOTHING_TO_DRAW
    if not same_circle(votes.wins() > 0).all():
        return NO_LIMITS
    human = bootstrap_strengths(votes, strengths, draws)
    means = means_of(metric, draws.documents)
    whole = ~(np.isnan(human) | np.isnan(means)).any(axis=1)
    if whole.sum() < max(2, len(draws) / 2):
        return TOO_FEW_RESAMPLES
    n, documents = votes.n_systems, metric.shape[1]
    together = np.cov(human[whole].T, means[whole].T)
    crossed = together[:n, n:] + together[n:, :n]
    sure = precision(votes, strengths)
    unlike = ~np.eye(n, dtype=bool)
    own = OWN**2 * (n - 1) + 1 - OWN**2
    return NoisyValues(
        ratings=strengths,
        means=means_of(metric, np.ones((1, documents)))[0],
        rating_variance=quasi_variances(sure.variance),
        mean_variance=quasi_variances(variances(together[n:, n:])) * documents / max(1, documents - 1),
        covariance=quasi_variances(_of_differences(crossed / 2)),
        # Of the variance as a whole: what is a system's own in each is seen once for every system.
        freedom=float(own / (1 / sure.freedom[unlike]).mean()),
    )


def _of_differences(covariance: FloatArray) -> FloatArray:
    """Turn covariances of systems into those of their differences, shape (n, n)."""
    own = np.diag(covariance)
    return np.asarray(own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance)


def means_of(metric: FloatArray, times: FloatArray) -> FloatArray:
    """Average each system's values, a document counting as often as it was drawn; shape (r, n_systems)."""
    defined = ~np.isnan(metric)
    counts = times @ defined.T
    sums = times @ np.where(defined, metric, 0).T
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def summary_level(votes: VoteArrays, metric: FloatArray) -> dict[str, Interval]:
    """Correlate win rates with values of the metric within documents, as metric_trust does.

    Args:
        votes: As in system_level.
        metric: As in metric_trust.
    """
    if votes.n_systems < LEAST_SYSTEMS:
        return undefined_correlations(TOO_FEW_SYSTEMS)
    return correlate_within_documents(_by_summary(votes), metric, missing=NO_ORDER)


def _by_summary(votes: VoteArrays) -> tuple[csr_array, csr_array]:
    """Count wins and votes of each summary (document * n_systems + system) from each annotator."""
    rows = np.concatenate([votes.document * votes.n_systems + system for system in (votes.system_a, votes.system_b)])
    columns = np.tile(votes.annotator, 2)
    shape = (units(votes.document) * votes.n_systems, units(votes.annotator))
    won = np.concatenate([votes.a_share, 1 - votes.a_share]) * np.tile(votes.weights, 2)
    sparse = scipy.sparse.csr_array
    return sparse((won, (rows, columns)), shape), sparse((np.tile(votes.weights, 2), (rows, columns)), shape)


def vote_accuracy(votes: VoteArrays, metric: FloatArray) -> tuple[Interval, float]:
    """Give the share of votes with the metric's answer, and the threshold up to which the metric calls a tie.

    The threshold is the one that makes the share largest. The interval is that of a share at this threshold: to choose
    it moves the share by less than its own noise, as the share is flat at its top.

    Source:
        Deutsch, Foster and Freitag (2023), Ties matter: meta-evaluating metrics with ties in machine translation,
        EMNLP 2023, arXiv 2305.14324 (acc*_eq with tie calibration); here each vote is a pair.
    """
    if not len(votes):
        return Interval.undefined("no votes on summaries with values"), np.nan
    gap = metric[votes.system_a, votes.document] - metric[votes.system_b, votes.document]
    order = np.argsort(np.abs(gap), kind="stable")
    gap, sorted_votes = gap[order], votes.take(order)
    human = np.where(sorted_votes.tied, 0, np.where(sorted_votes.a_share > 0.5, 1, -1))
    # A threshold can lie only between different gaps; index i calls the first i votes ties.
    allowed = np.r_[np.abs(gap[0]) > 0, np.diff(np.abs(gap)) > 0, True]
    right = (human == np.sign(gap)) & (gap != 0)
    ties = _best_threshold(sorted_votes.weights, human == 0, right, allowed)
    correct = np.where(np.arange(len(gap)) < ties, human == 0, right).astype(np.float64)
    return _share(correct, sorted_votes), float(np.abs(gap[ties - 1])) if ties else 0.0


def _share(correct: FloatArray, votes: VoteArrays) -> Interval:
    """Average what votes are worth, 0 or 1, with an interval for other documents and annotators."""
    weight = votes.weights
    value = float(np.average(correct, weights=weight))
    documents, annotators = units(votes.document), units(votes.annotator)
    if documents == annotators == 1:
        return Interval.unbounded(value, NOTHING_TO_DRAW)
    influence = weight * (correct - value) / weight.sum()
    model = smoothed_variance(value, weight)
    spread = spread_of(influence, weight, votes.document, votes.annotator, model=model)
    return Interval(value, *wilson_bounds(value, spread, max(documents, 2)))


def _best_threshold(weights: FloatArray, tied: BoolArray, right: BoolArray, allowed: BoolArray) -> int:
    """Give how many of the smallest gaps are ties where the metric agrees with most votes.

    Args:
        weights: Of votes in the order of their gaps, shape (n_votes,).
        tied, right: Whether people called a tie, and whether they gave the metric's answer, shape (n_votes,).
        allowed: Numbers of ties that a threshold can make, shape (n_votes + 1,).
    """
    as_ties = np.r_[0, np.cumsum(weights * tied)]
    not_ties = np.r_[np.cumsum((weights * right)[::-1])[::-1], 0]
    return int(np.where(allowed, as_ties + not_ties, -1).argmax())
