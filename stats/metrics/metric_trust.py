"""Does a metric say what people say? Correlations and pairwise accuracy of a metric against votes, with intervals."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.votes.arrays import FloatArray, VoteArrays, renumbered
from stats.votes.graphs import connected_parts
from stats.votes.tallies import Draws, units

LEAST_SYSTEMS = 3
TOO_FEW_SYSTEMS = "fewer than three systems have votes and values"
APART = "the votes do not connect these systems"
NOTHING_TO_DRAW = "one document rated by one annotator: nothing to draw again"
CONSTANT = "the values, or the votes, do not differ"
TOO_FEW_RESAMPLES = "too few votes: fewer than half of the resamples give a value"
VOTES_AT_ONCE = 500_000


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; NaN with a reason. reason is of the value, interval_reason of the bounds."""

    value: float
    lower: float
    upper: float
    reason: str = ""
    interval_reason: str = ""


@dataclass(frozen=True)
class MetricTrust:
    """system, summary: by coefficient (kendall, spearman, pearson).

    system: over systems, ratings against means of the metric. summary: over the systems of a document, win rates
    there against the metric's values, mean over the documents that have a coefficient.
    accuracy: share of votes the metric agrees with, ties included. tie_threshold: up to this difference in the metric
    two summaries tie.
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
    """Hold a metric against votes; votes on summaries without a value are left out.

    The interval draws documents again, for the metric and the votes alike, and annotators (two-way cluster bootstrap,
    percentiles).

    Args:
        metric: Shape (n_systems, n_documents), higher is better; NaN where there is no value.
    Source:
        Levels of correlation: Louis and Nenkova (2013), Automatically assessing machine summary content without a gold
        standard, Computational Linguistics 39, 267-300. Intervals by drawing again: Deutsch, Dror and Roth (2021), A
        statistical analysis of summarization evaluation metrics using resampling methods, TACL 9, 1132-1146.
    """
    known = ~np.isnan(metric)
    valued = votes.take(known[votes.system_a, votes.document] & known[votes.system_b, votes.document])
    systems = np.flatnonzero(valued.count_by_system())
    place = np.cumsum(np.bincount(systems, minlength=votes.n_systems)) - 1
    documents = np.unique(valued.document)
    compact = VoteArrays(
        place[valued.system_a],
        place[valued.system_b],
        valued.outcome,
        renumbered(valued.document),
        renumbered(valued.annotator),
        len(systems),
        valued.weight,
    )
    values = metric[np.ix_(systems, documents)]
    n_documents, n_annotators = len(documents), units(compact.annotator)
    draws = draw(np.random.default_rng(seed), max(1, n_documents), max(1, n_annotators), resamples)
    single = n_documents == n_annotators == 1
    accuracy, threshold = _accuracy(compact, values, draws, single)
    return MetricTrust(
        system=_system_level(compact, values, draws, single),
        summary=_summary_level(compact, values, draws, single),
        accuracy=accuracy,
        tie_threshold=threshold,
        n_systems=len(systems),
        n_documents=n_documents,
        n_votes=len(compact),
        seed=seed,
        resamples=resamples,
    )


def _interval(value: float, drawn: FloatArray, single: bool, missing: str = CONSTANT) -> Interval:
    if np.isnan(value):
        return Interval(np.nan, np.nan, np.nan, missing, missing)
    if single:
        return Interval(value, np.nan, np.nan, interval_reason=NOTHING_TO_DRAW)
    if np.isnan(drawn).sum() > len(drawn) / 2:
        return Interval(value, np.nan, np.nan, interval_reason=TOO_FEW_RESAMPLES)
    lower, upper = percentile_interval(drawn[:, np.newaxis])
    return Interval(value, float(lower[0]), float(upper[0]))


def _all(reason: str) -> dict[str, Interval]:
    return {name: Interval(np.nan, np.nan, np.nan, reason, reason) for name in COEFFICIENTS}


def _system_level(votes: VoteArrays, metric: FloatArray, draws: Draws, single: bool) -> dict[str, Interval]:
    if votes.n_systems < LEAST_SYSTEMS:
        return _all(TOO_FEW_SYSTEMS)
    wins = votes.wins()
    if len(connected_parts(wins + wins.T > 0)) > 1:
        return _all(APART)
    strengths = fit_bradley_terry(wins)
    found = correlations(_means(metric, np.ones((1, metric.shape[1]))), strengths[np.newaxis])[:, 0]
    drawn = np.full((len(COEFFICIENTS), len(draws)), np.nan)
    if not single:
        human = bootstrap_strengths(votes, strengths, draws)
        complete = ~np.isnan(human).any(axis=1)
        drawn[:, complete] = correlations(_means(metric, draws.documents[complete]), human[complete])
    return {name: _interval(float(found[i]), drawn[i], single) for i, name in enumerate(COEFFICIENTS)}


def _means(metric: FloatArray, times: FloatArray) -> FloatArray:
    """Of each system's values, a document counting as often as it was drawn; shape (r, n_systems)."""
    known = ~np.isnan(metric)
    counts = times @ known.T
    sums = times @ np.where(known, metric, 0).T
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _summary_level(votes: VoteArrays, metric: FloatArray, draws: Draws, single: bool) -> dict[str, Interval]:
    if votes.n_systems < LEAST_SYSTEMS:
        return _all(TOO_FEW_SYSTEMS)
    won, count = _by_summary(votes)
    everybody = np.ones((1, units(votes.annotator)))
    found = _mean_correlations(_rates(won, count, everybody[0], metric.shape), metric, np.ones(metric.shape[1]))
    drawn = np.full((len(draws), len(COEFFICIENTS)), np.nan)
    if not single:
        for i in range(len(draws)):
            rates = _rates(won, count, draws.annotators[i], metric.shape)
            drawn[i] = _mean_correlations(rates, metric, draws.documents[i])
    missing = "no document has votes that set its summaries apart, on three of them or more"
    return {name: _interval(float(found[i]), drawn[:, i], single, missing) for i, name in enumerate(COEFFICIENTS)}


def _by_summary(votes: VoteArrays) -> tuple[csr_array, csr_array]:
    """Wins and votes of each summary (document * n_systems + system) from each annotator."""
    rows = np.concatenate([votes.document * votes.n_systems + system for system in (votes.system_a, votes.system_b)])
    columns = np.tile(votes.annotator, 2)
    shape = (units(votes.document) * votes.n_systems, units(votes.annotator))
    won = np.concatenate([votes.a_share, 1 - votes.a_share]) * np.tile(votes.weights, 2)
    return csr_array((won, (rows, columns)), shape), csr_array((np.tile(votes.weights, 2), (rows, columns)), shape)


def _rates(won: csr_array, count: csr_array, annotators: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Win rates by document and system; NaN without votes."""
    counts = count @ annotators
    rates: FloatArray = np.where(counts > 0, (won @ annotators) / np.where(counts > 0, counts, 1), np.nan)
    return rates.reshape(shape[1], shape[0])


def _mean_correlations(rates: FloatArray, metric: FloatArray, times: FloatArray) -> FloatArray:
    drawn = times > 0
    by_document = correlations(metric.T[drawn], rates[drawn])
    enough = (~np.isnan(rates[drawn])).sum(axis=1) >= LEAST_SYSTEMS
    weight = np.where(np.isnan(by_document) | ~enough, 0, times[drawn])
    total = weight.sum(axis=1)
    sums = (np.where(weight > 0, by_document, 0) * weight).sum(axis=1)
    return np.where(total > 0, sums / np.where(total > 0, total, 1), np.nan)


def _accuracy(votes: VoteArrays, metric: FloatArray, draws: Draws, single: bool) -> tuple[Interval, float]:
    """Share of votes with the metric's answer, the metric calling a tie up to the threshold that serves it best.

    Source:
        Deutsch, Foster and Freitag (2023), Ties matter: meta-evaluating metrics with ties in machine translation,
        EMNLP 2023, arXiv 2305.14324 (acc*_eq with tie calibration); here a pair is a vote, and the threshold is found
        anew in every resample.
    """
    if not len(votes):
        return Interval(np.nan, np.nan, np.nan, *("no votes on summaries with values",) * 2), np.nan
    gap = metric[votes.system_a, votes.document] - metric[votes.system_b, votes.document]
    order = np.argsort(np.abs(gap), kind="stable")
    gap, sorted_votes = gap[order], votes.take(order)
    human = np.where(sorted_votes.tied, 0, np.where(sorted_votes.a_share > 0.5, 1, -1))
    # A threshold can lie only between different gaps: index i calls the first i votes ties.
    allowed = np.r_[np.abs(gap[0]) > 0, np.diff(np.abs(gap)) > 0, True]
    right = (human == np.sign(gap)) & (gap != 0)
    found, best = _best_threshold(sorted_votes.weights[np.newaxis], human == 0, right, allowed)
    threshold = float(np.abs(gap[best[0] - 1])) if best[0] else 0.0
    drawn = []
    size = max(1, VOTES_AT_ONCE // len(votes))
    for begin in range(0, len(draws), size):
        part = draws.part(begin, begin + size)
        weights = part.documents[:, sorted_votes.document] * part.annotators[:, sorted_votes.annotator]
        drawn.append(_best_threshold(weights * sorted_votes.weights, human == 0, right, allowed)[0])
    return _interval(float(found[0]), np.concatenate(drawn), single), threshold


def _best_threshold(
    weights: FloatArray, tied: FloatArray, right: FloatArray, allowed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The highest accuracy by row of weights, and how many of the smallest gaps are ties to reach it."""
    as_ties = np.cumsum(weights * tied, axis=1)
    not_ties = np.cumsum((weights * right)[:, ::-1], axis=1)[:, ::-1]
    zero = np.zeros((len(weights), 1))
    correct = np.where(allowed, np.hstack([zero, as_ties]) + np.hstack([not_ties, zero]), -1)
    best = correct.argmax(axis=1)
    total = weights.sum(axis=1)
    highest = np.take_along_axis(correct, best[:, np.newaxis], axis=1)[:, 0]
    return np.where(total > 0, highest / np.where(total > 0, total, 1), np.nan), best
