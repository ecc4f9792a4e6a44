"""Compare a metric with votes: correlations and pairwise accuracy, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.noisy_correlation import NoisyValues, intervals, quasi_variances
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.uncertainty.calibrated import OWN, precision, variances
from stats.votes.arrays import FloatArray, VoteArrays, renumbered
from stats.votes.graphs import connected_parts, same_circle
from stats.votes.tallies import Draws, units

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST_SYSTEMS = 3
TOO_FEW_SYSTEMS = "fewer than three systems have votes and values"
APART = "the votes do not connect these systems"
NOTHING_TO_DRAW = "one document rated by one annotator: nothing to draw again"
CONSTANT = "the values, or the votes, do not differ"
NO_LIMITS = "some systems won or lost every vote against others: the votes set no limit to how far apart they are"
NO_ORDER = "no document has votes that set its summaries apart, on three of them or more"
FEW_DOCUMENTS = "too few documents in which people and the metric tell summaries apart"
TOO_FEW_RESAMPLES = "too few votes: fewer than half of the resamples give a value"
VOTES_AT_ONCE = 500_000
PAIRS_AT_ONCE = 500_000  # of systems, in documents of resamples


@dataclass(frozen=True)
class Interval:
    """Hold a value with its 95 % interval; NaN with a reason.

    Attributes:
        value, lower, upper: The value and its bounds.
        reason: Why the value is NaN; "" where it is not.
        interval_reason: Why the bounds are NaN; "" where they are not.
    """

    value: float
    lower: float
    upper: float
    reason: str = ""
    interval_reason: str = ""


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
        seed, resamples: Of the bootstrap.
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
    for the ratings that endless votes would give, see noisy_correlation.intervals; the others are percentiles of a
    two-way cluster bootstrap, for as many votes a document as there are.

    Args:
        votes: Votes; documents are indexes into the columns of the metric.
        metric: Shape (n_systems, n_documents), higher is better; NaN where there is no value.
        seed: Of the bootstrap.
        resamples: Number of resamples.
    Source:
        Levels of correlation: Louis and Nenkova (2013), Automatically assessing machine summary content without a gold
        standard, Computational Linguistics 39, 267-300. Intervals by drawing again: Deutsch, Dror and Roth (2021), A
        statistical analysis of summarization evaluation metrics using resampling methods, TACL 9, 1132-1146.
    """
    compact, values = _with_values(votes, metric)
    n_systems, n_documents = values.shape
    n_annotators = units(compact.annotator)
    draws = draw(np.random.default_rng(seed), max(1, n_documents), max(1, n_annotators), resamples)
    single = n_documents == n_annotators == 1
    accuracy, threshold = _accuracy(compact, values, draws, single)
    return MetricTrust(
        system=system_level(compact, values, draws, seed),
        summary=_summary_level(compact, values, draws, single),
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


def _interval(value: float, drawn: FloatArray, single: bool, missing: str = CONSTANT) -> Interval:
    """Give a value with its percentile interval over resamples, or the reasons why there is none.

    Args:
        value: NaN if it is undefined.
        drawn: Its values in resamples, shape (r,).
        single: Whether there is nothing to draw again.
        missing: Reason for a value that is NaN.
    """
    if np.isnan(value):
        return Interval(np.nan, np.nan, np.nan, missing, missing)
    if single:
        return Interval(value, np.nan, np.nan, interval_reason=NOTHING_TO_DRAW)
    if np.isnan(drawn).sum() > len(drawn) / 2:
        return Interval(value, np.nan, np.nan, interval_reason=TOO_FEW_RESAMPLES)
    lower, upper = percentile_interval(drawn[:, np.newaxis])
    return Interval(value, float(lower[0]), float(upper[0]))


def undefined_correlations(reason: str) -> dict[str, Interval]:
    """Leave all coefficients undefined for the same reason."""
    return {name: Interval(np.nan, np.nan, np.nan, reason, reason) for name in COEFFICIENTS}


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


def _summary_level(votes: VoteArrays, metric: FloatArray, draws: Draws, single: bool) -> dict[str, Interval]:
    """Correlate win rates with values of the metric within documents."""
    if votes.n_systems < LEAST_SYSTEMS:
        return undefined_correlations(TOO_FEW_SYSTEMS)
    return correlate_within_documents(_by_summary(votes), metric, draws, single=single, missing=NO_ORDER)


def correlate_within_documents(
    human: tuple[csr_array, csr_array], metric: FloatArray, draws: Draws, *, single: bool, missing: str, least: int = 1
) -> dict[str, Interval]:
    """Correlate what people say of a document's summaries, on average, with the metric; the mean over documents.

    Args:
        human: Sums and counts of what each annotator says of each summary, a document's summaries in a row; shape
            (n_documents * n_systems, n_annotators) each.
        metric: Shape (n_systems, n_documents).
        draws: Resamples of documents and annotators, of which the interval is made.
        single: Whether there is nothing to draw again.
        missing: Why no document has a coefficient.
        least: Documents with a coefficient that an interval needs.
    """
    everybody = np.ones((1, human[0].shape[1]))
    once = np.ones((1, metric.shape[1]))
    values = _mean_correlations(_rates(*human, everybody, metric.shape), metric, once)[0]
    drawn = np.full((len(draws), len(COEFFICIENTS)), np.nan)
    size = max(1, PAIRS_AT_ONCE // max(1, metric.shape[1] * len(metric) ** 2))
    for begin in range(0, 0 if single else len(draws), size):
        part = draws.part(begin, begin + size)
        rates = _rates(*human, part.annotators, metric.shape)
        drawn[begin : begin + size] = _mean_correlations(rates, metric, part.documents)
    found = [_interval(float(values[i]), drawn[:, i], single, missing) for i in range(len(COEFFICIENTS))]
    if (documents := _documents_with_order(human, metric)) < least:
        few = f"{FEW_DOCUMENTS}: {documents} of at least {least}"
        found = [Interval(one.value, np.nan, np.nan, one.reason, one.reason or few) for one in found]
    return dict(zip(COEFFICIENTS, found, strict=True))


def _documents_with_order(human: tuple[csr_array, csr_array], metric: FloatArray) -> int:
    """Count the documents that have a coefficient."""
    rates = _rates(*human, np.ones((1, human[0].shape[1])), metric.shape)[0]
    rates = np.where(np.isnan(metric.T), np.nan, rates)
    enough = (~np.isnan(rates)).sum(axis=1) >= LEAST_SYSTEMS
    return int((~np.isnan(correlations(metric.T, rates)[0]) & enough).sum())


def _by_summary(votes: VoteArrays) -> tuple[csr_array, csr_array]:
    """Count wins and votes of each summary (document * n_systems + system) from each annotator."""
    rows = np.concatenate([votes.document * votes.n_systems + system for system in (votes.system_a, votes.system_b)])
    columns = np.tile(votes.annotator, 2)
    shape = (units(votes.document) * votes.n_systems, units(votes.annotator))
    won = np.concatenate([votes.a_share, 1 - votes.a_share]) * np.tile(votes.weights, 2)
    sparse = scipy.sparse.csr_array
    return sparse((won, (rows, columns)), shape), sparse((np.tile(votes.weights, 2), (rows, columns)), shape)


def _rates(won: csr_array, count: csr_array, annotators: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Compute win rates by resample, document and system; an annotator counts as often as drawn; NaN without votes."""
    counts = count @ annotators.T
    rates: FloatArray = np.where(counts > 0, (won @ annotators.T) / np.where(counts > 0, counts, 1), np.nan)
    return rates.T.reshape(len(annotators), shape[1], shape[0])


def _mean_correlations(rates: FloatArray, metric: FloatArray, times: FloatArray) -> FloatArray:
    """Average the coefficients over documents, each as often as it was drawn; NaN without any; shape (r, 3)."""
    resample, document = np.nonzero(times)
    chosen = rates[resample, document]
    by_metric = correlations(metric.T[document], chosen).T
    by_metric[(~np.isnan(chosen)).sum(axis=1) < LEAST_SYSTEMS] = np.nan
    by_document = np.full((*times.shape, len(COEFFICIENTS)), np.nan)
    by_document[resample, document] = by_metric
    weight = np.where(np.isnan(by_document), 0, times[..., np.newaxis])
    total = weight.sum(axis=1)
    sums = (np.where(weight > 0, by_document, 0) * weight).sum(axis=1)
    return np.where(total > 0, sums / np.where(total > 0, total, 1), np.nan)


def _accuracy(votes: VoteArrays, metric: FloatArray, draws: Draws, single: bool) -> tuple[Interval, float]:
    """Give the share of votes with the metric's answer, and the threshold up to which the metric calls a tie.

    The threshold is the one that makes the share largest; it is chosen anew in every resample.

    Source:
        Deutsch, Foster and Freitag (2023), Ties matter: meta-evaluating metrics with ties in machine translation,
        EMNLP 2023, arXiv 2305.14324 (acc*_eq with tie calibration); here each vote is a pair.
    """
    if not len(votes):
        return Interval(np.nan, np.nan, np.nan, *("no votes on summaries with values",) * 2), np.nan
    gap = metric[votes.system_a, votes.document] - metric[votes.system_b, votes.document]
    order = np.argsort(np.abs(gap), kind="stable")
    gap, sorted_votes = gap[order], votes.take(order)
    human = np.where(sorted_votes.tied, 0, np.where(sorted_votes.a_share > 0.5, 1, -1))
    # A threshold can lie only between different gaps; index i calls the first i votes ties.
    allowed = np.r_[np.abs(gap[0]) > 0, np.diff(np.abs(gap)) > 0, True]
    right = (human == np.sign(gap)) & (gap != 0)
    accuracy, best = _best_threshold(sorted_votes.weights[np.newaxis], human == 0, right, allowed)
    threshold = float(np.abs(gap[best[0] - 1])) if best[0] else 0.0
    drawn = []
    size = max(1, VOTES_AT_ONCE // len(votes))
    for begin in range(0, len(draws), size):
        part = draws.part(begin, begin + size)
        weights = part.documents[:, sorted_votes.document] * part.annotators[:, sorted_votes.annotator]
        drawn.append(_best_threshold(weights * sorted_votes.weights, human == 0, right, allowed)[0])
    return _interval(float(accuracy[0]), np.concatenate(drawn), single), threshold


def _best_threshold(
    weights: FloatArray, tied: FloatArray, right: FloatArray, allowed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the highest accuracy for each row of weights, and how many of the smallest gaps are ties to reach it.

    Args:
        weights: Shape (r, n_votes), votes in the order of their gaps.
        tied, right: Whether people called a tie, and whether they gave the metric's answer, shape (n_votes,).
        allowed: Numbers of ties that a threshold can make, shape (n_votes + 1,).
    """
    as_ties = np.cumsum(weights * tied, axis=1)
    not_ties = np.cumsum((weights * right)[:, ::-1], axis=1)[:, ::-1]
    zero = np.zeros((len(weights), 1))
    correct = np.where(allowed, np.hstack([zero, as_ties]) + np.hstack([not_ties, zero]), -1)
    best = correct.argmax(axis=1)
    total = weights.sum(axis=1)
    highest = np.take_along_axis(correct, best[:, np.newaxis], axis=1)[:, 0]
    return np.where(total > 0, highest / np.where(total > 0, total, 1), np.nan), best
