"""Metrics against error counts, beside scipy on the same numbers."""

import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from stats.marks.counts import CONSTANT, NO_ORDER, ONE_DOCUMENT, TOO_FEW_SYSTEMS, ErrorCounts, value_trust
from stats.votes.arrays import InvalidVotesError

SCIPY = {"kendall": kendalltau, "spearman": spearmanr, "pearson": pearsonr}


def drawn(rng, *, systems=5, documents=12, readers=2, good=True):
    """Readers count errors, of which the worse systems have more; the metric falls with them, or knows nothing."""
    rate = np.linspace(0.5, 4, systems)[:, None] * rng.gamma(4, 1 / 4, documents)
    system, document, annotator = (index.ravel() for index in np.indices((systems, documents, readers)))
    errors = rng.poisson(rate[system, document]).astype(float)
    metric = (-rate if good else 0) + rng.normal(0, 1, (systems, documents))
    return ErrorCounts(errors, system, document, annotator), metric


def means(counts, shape):
    return np.array(
        [
            [counts.errors[(counts.system == i) & (counts.document == j)].mean() for j in range(shape[1])]
            for i in range(shape[0])
        ]
    )


def test_as_scipy_says():
    counts, metric = drawn(np.random.default_rng(1))
    found = value_trust(counts, metric, seed=0, resamples=50)
    better = -means(counts, metric.shape)
    for name, coefficient in SCIPY.items():
        of_systems = coefficient(better.mean(axis=1), metric.mean(axis=1)).statistic
        of_summaries = [coefficient(better[:, j], metric[:, j]).statistic for j in range(metric.shape[1])]
        assert found.system[name].value == pytest.approx(of_systems)
        assert found.summary[name].value == pytest.approx(np.nanmean(of_summaries))
        for interval in (found.system[name], found.summary[name]):
            assert interval.lower <= interval.value <= interval.upper
    assert (found.n_systems, found.n_documents, found.n_readings) == (5, 12, 120)


def test_fewer_errors_are_better():
    counts, metric = drawn(np.random.default_rng(2), documents=40)
    found, turned = (value_trust(counts, sign * metric, seed=0, resamples=200) for sign in (1, -1))
    assert found.summary["kendall"].lower > 0 > turned.summary["kendall"].upper
    assert turned.system["pearson"].value == pytest.approx(-found.system["pearson"].value)
    nothing = value_trust(*drawn(np.random.default_rng(3), documents=40, good=False), seed=0, resamples=200)
    assert nothing.summary["kendall"].lower < 0 < nothing.summary["kendall"].upper


def test_summaries_without_a_value_and_unread_ones_are_left_out():
    counts, metric = drawn(np.random.default_rng(4))
    metric[0, 3] = np.nan
    kept = (counts.system != 1) | (counts.document != 5)
    fewer = ErrorCounts(*(column[kept] for column in (counts.errors, counts.system, counts.document, counts.annotator)))
    found = value_trust(fewer, metric, seed=0, resamples=50)
    assert found.n_readings == 120 - 2 - 2
    elsewhere = metric.copy()
    elsewhere[1, 5] = 1e9  # nobody read that one
    assert value_trust(fewer, elsewhere, seed=0, resamples=50) == found


def test_undefined_has_a_reason():
    counts, metric = drawn(np.random.default_rng(5), systems=2)
    assert value_trust(counts, metric, seed=0).system["kendall"].reason == TOO_FEW_SYSTEMS
    assert value_trust(counts, metric, seed=0).summary["kendall"].reason == TOO_FEW_SYSTEMS
    counts, metric = drawn(np.random.default_rng(6))
    assert value_trust(counts, np.ones_like(metric), seed=0, resamples=20).system["pearson"].reason == CONSTANT
    assert value_trust(counts, np.ones_like(metric), seed=0, resamples=20).summary["pearson"].reason == NO_ORDER
    nothing = value_trust(counts, np.full_like(metric, np.nan), seed=0, resamples=20)
    assert (nothing.system["kendall"].reason, nothing.n_documents) == (TOO_FEW_SYSTEMS, 0)
    counts, metric = drawn(np.random.default_rng(7), documents=1, readers=1)
    assert value_trust(counts, metric, seed=0, resamples=20).system["kendall"].interval_reason == ONE_DOCUMENT
    assert value_trust(counts, metric, seed=0, resamples=20).summary["kendall"].interval_reason
    with pytest.raises(InvalidVotesError, match="one shape"):
        ErrorCounts(np.zeros(2), np.zeros(2, int), np.zeros(3, int), np.zeros(2, int))
    with pytest.raises(InvalidVotesError, match="fewer than 0"):
        ErrorCounts(-np.ones(1), *(np.zeros(1, int) for _ in range(3)))


def test_systems_without_any_error_are_not_sure_to_be_alike():
    counts, metric = drawn(np.random.default_rng(8), documents=4)
    none = ErrorCounts(
        np.where(counts.system < 3, 0.0, counts.errors), counts.system, counts.document, counts.annotator
    )
    found = value_trust(none, metric, seed=0, resamples=50).system["pearson"]
    assert found.upper - found.lower > 0.05


def test_a_few_documents_with_an_order_have_no_interval():
    counts, metric = drawn(np.random.default_rng(9), documents=12)
    alike = ErrorCounts(
        np.where(counts.document < 9, 1.0, counts.errors), counts.system, counts.document, counts.annotator
    )
    found = value_trust(alike, metric, seed=0, resamples=50).summary["kendall"]
    assert found.value == pytest.approx(
        np.mean([kendalltau(-means(alike, metric.shape)[:, j], metric[:, j]).statistic for j in (9, 10, 11)])
    )
    assert np.isnan(found.lower)
    assert found.interval_reason.endswith("tell summaries apart: 3 of at least 5")
