"""Few documents or annotators make intervals wider, by factors that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.ratings import rate
from leaderboards.stats.sandwich import CovarianceParts
from leaderboards.stats.small_samples import Components, Counts, expanded, expansion
from tests.leaderboards.simulate import simulated, votes

NONE = np.zeros((2, 2))
ONE = np.array([[1.0, -1.0], [-1.0, 1.0]])


def test_all_variance_between_five_annotators_by_hand():
    # (k - 1) / k of it is seen, and t with 4 degrees of freedom: 2.776 / 1.960 * sqrt(5 / 4) = 1.584.
    found = Components.of(CovarianceParts(NONE, ONE, NONE), Counts(40, 5, 200))
    assert found.freedom == pytest.approx(np.full((2, 2), 4))
    assert found.expansion() == pytest.approx(np.full((2, 2), 1.584), abs=1e-3)
    # Of the difference of the two: 1 + 1 + 2 * 1, times 5/4.
    assert found.variance[0, 1] == pytest.approx(4 * 1.25)


def test_two_sources_by_hand():
    # Cells 1, documents 2 * 40/39 - 1 more: their sum squared over the sum of squares over degrees of freedom.
    found = Components.of(CovarianceParts(ONE, NONE, ONE), Counts(40, 5, 200))
    document, annotator = 2 * 40 / 39 - 1, 5 / 4 - 1
    variance = 1 + document + annotator
    freedom = variance**2 / (1 / 199 + document**2 / 39 + annotator**2 / 4)
    assert found.freedom[0, 0] == pytest.approx(freedom)
    seen = 1 + document * 39 / 40 + annotator * 4 / 5
    assert found.expansion()[0, 0] == pytest.approx(t.ppf(0.975, freedom) / norm.ppf(0.975) * np.sqrt(variance / seen))


def test_one_annotator_leaves_the_documents():
    found = Components.of(CovarianceParts(NONE, NONE, ONE), Counts(10, 1, 10))
    assert found.freedom[0, 0] == pytest.approx((10 / 9) ** 2 / (1 / 9 + (1 / 9) ** 2 / 9))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 8))
def test_never_narrower_whatever_the_votes(seed, n_annotators, n_documents):
    sample = simulated(seed, n_votes=150, n_systems=3, n_annotators=n_annotators, n_documents=n_documents)
    factor = expansion(sample, fit_bradley_terry(sample.wins()))
    assert (factor >= 1).all()
    assert factor == pytest.approx(factor.T)
    assert np.isfinite(factor).all()


def test_many_units_change_nothing():
    sample = simulated(1, n_votes=20_000, n_systems=4, n_documents=500, n_annotators=300)
    assert expansion(sample, fit_bradley_terry(sample.wins())) == pytest.approx(np.ones((4, 4)), abs=0.01)


def test_a_board_is_as_unsure_as_its_few_annotators_differ():
    # Two people who always disagree say nothing about a third.
    rows = [(0, 1, outcome, document, person) for document in range(20) for person, outcome in ((0, 0), (1, 1))]
    found = rate(votes(rows, 2), seed=0, resamples=200)
    assert found.upper[0] - found.lower[0] > 1000
    assert (found.rank == 1).all()


def test_a_bound_goes_so_many_times_as_far():
    assert expanded(np.array([0.0, 3.0]), np.array([1.0, 1.0]), np.array([2.0, 2.0])).tolist() == [-1.0, 5.0]
